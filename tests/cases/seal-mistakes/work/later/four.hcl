quorate {
  seal {
    identity = "nowhere.txt"
  }
}
