resource "host_file" "nowhere" {
  host    = data.host.one
  path    = "/etc/nothing"
  content = "hello"
}

resource "host_file" "other" {
  host    = data.host.one
  path    = "/etc/other"
  content = "hello"
}

data "host" "one" {
  name      = "one"
  transport = "directory"
  root      = "hosts"
}

resource "pki_ca" "ours" {}

import {
  to = host_file.nowhere
  id = "one:/etc/nothing"
}

import {
  to = host_file.other
  id = "two:/etc/other"
}

import {
  to = pki_ca.ours
  id = "ours"
}
