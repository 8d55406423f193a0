resource "terraform_data" "plain" {}

resource "host_file" "motd" {
  host    = data.host.one
  path    = "/etc/motd"
  content = "hello\n"
}

data "host" "one" {
  name      = "one"
  transport = "directory"
  root      = "hosts"
}
