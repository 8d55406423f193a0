quorate {
  seal {
  }
}
