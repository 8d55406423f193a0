variable "release" {
  type    = string
  default = "one"
}

variable "token" {
  type      = string
  sensitive = true
}

data "host" "a" {
  name      = "a"
  transport = "directory"
  root      = "hosts/a"
}

resource "terraform_data" "release" {
  input = { name = var.release, at = plantimestamp() }
}

resource "host_file" "motd" {
  host    = data.host.a
  path    = "/etc/motd"
  content = "release ${var.release} on ${data.host.a.name}\n${file("notes.txt")}"
}

resource "host_file" "token" {
  host    = data.host.a
  path    = "/etc/token"
  content = "${var.token}\n${sensitive(file("sealed.txt"))}"
}

output "token" {
  value     = var.token
  sensitive = true
}
