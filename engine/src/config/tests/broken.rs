//! Whatever a file contains, loading ends with messages and not with a panic.

use super::complaints;

const SAMPLE: &str = r#"quorate {
  required_version = ">= 1"
  backend "http" { 
    url = "https://x" 
  }
}
variable "a" {
  type    = object({ x = optional(list(number), [1]) })
  default = { x = [1, 2] }
  validation {
    condition     = var.a.x[0] > 0
    error_message = "No: ${var.a.x[0]}."
  }
}
resource "t" "b" {
  for_each = { for k, v in var.a : k => v if v != null }
  text     = <<-E
    %{ for x in each.value ~}
    ${x}
    %{ endfor ~}
  E
  dynamic "sub" {
    for_each = [1]
    iterator = it
    content {
      y = it.value
    }
  }
  depends_on = [data.h.x]
  lifecycle {
    ignore_changes       = [text, sub[0].y]
    replace_triggered_by = [data.h.x.id]
  }
}
data "h" "x" {}
moved {
  from = module.old["é"].t.b
  to   = t.b["c"]
}
removed {
  from = t.gone
}
import {
  to = t.b["x"]
  id = "1"
}
check "c" {
  assert {
    condition     = data.h.x.ok
    error_message = "No."
  }
}
"#;

#[test]
fn the_sample_is_right() {
    assert_eq!(complaints(SAMPLE), "");
}

#[test]
fn files_cut_off_anywhere() {
    for end in (0..SAMPLE.len()).step_by(7).filter(|end| SAMPLE.is_char_boundary(*end)) {
        complaints(&SAMPLE[..end]);
    }
}

#[test]
fn parts_exchanged_for_others() {
    let words = ["=", "{", "}", "[", "\"", "${", "\n", "each.key", "*", "count", "null", "é", "-1"];
    let mut seed = 1_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for _ in 0..400 {
        let mut text = SAMPLE.to_owned();
        for _ in 0..=next(2) {
            let start = text.floor_char_boundary(next(text.len()));
            let end = text.floor_char_boundary((start + next(6)).min(text.len()));
            text.replace_range(start..end.max(start), words[next(words.len())]);
        }
        complaints(&text);
    }
}

#[test]
fn every_argument_of_an_unexpected_kind() {
    let values =
        ["null", "1", "-1", "\"x\"", "[]", "{}", "var.a", "x", "a.b.c", "f()", "!true", "a[b]"];
    for value in values {
        for line in SAMPLE.lines().filter(|line| line.contains(" = ")) {
            let Some((name, _)) = line.split_once('=') else { continue };
            complaints(&SAMPLE.replace(line, &format!("{name} = {value}")));
        }
    }
}
