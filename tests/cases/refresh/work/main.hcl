data "host" "a" {
  root = "hosts/a"
}

resource "host_file" "motd" {
  host    = data.host.a
  path    = "/etc/motd"
  content = "one\n"
}

output "motd" {
  value = host_file.motd.content
}
