removed {
  from = host_file.motd

  lifecycle {
    destroy = false
  }
}
