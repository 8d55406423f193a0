# A check that looks at a host which is not there warns, and stops nothing.
check "reached" {
  data "host" "away" {
    name    = "away"
    address = "127.0.0.1"
    port    = 1
    user    = "root"
  }
  assert {
    condition     = data.host.away.init == "systemd"
    error_message = "The host runs ${data.host.away.init}."
  }
}

resource "terraform_data" "one" {
  input = 1
}
