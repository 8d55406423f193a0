//! The `seal` block.

use super::super::Decoder;
use super::super::contents::{Known, Opened};
use crate::config::{Opening, Passphrase, Seal};
use crate::eval::Expr;
use crate::source::Span;
use crate::value::Value;

const SEAL: Known =
    Known { attrs: &["recipients", "identity", "passphrase", "passphrase_file"], blocks: &[] };

impl Decoder<'_> {
    pub(super) fn seal(&mut self, block: Opened) -> Seal {
        self.labels(&block, []);
        let span = block.span;
        let mut contents = self.contents(block.body, span, &SEAL);
        let recipients = contents.take("recipients").map(|expr| self.recipients(&expr));
        let identity = self.string(contents.take("identity"));
        let given = contents.take("passphrase").filter(|expr| self.asks_for_passphrase(expr));
        let file = self.string(contents.take("passphrase_file"));
        let passphrase = match file {
            Some(file) => Some(Passphrase::File(file)),
            None => given.map(|_| Passphrase::Given),
        };
        let recipients = recipients.unwrap_or_default();
        if !recipients.is_empty() && identity.is_none() && passphrase.is_some() {
            let detail = "A secret is sealed for recipients or under a passphrase: what a passphrase \
                          opens can have no recipients besides.";
            self.error("Recipients and a passphrase", detail, span);
        }
        Seal { recipients, opening: Opening { identity, passphrase }, span }
    }

    fn recipients(&mut self, expr: &Expr) -> Vec<(String, Span)> {
        let at = self.expr_span(expr);
        let Some(value) = self.constant(expr) else { return Vec::new() };
        let all = value.elements().unwrap_or_default();
        let texts: Option<Vec<&str>> = all.iter().map(Value::as_str).collect();
        match texts {
            Some(texts) if !texts.is_empty() => {
                texts.into_iter().map(|text| (text.to_owned(), at)).collect()
            }
            _ => {
                let detail = "This argument must be a list of recipients, each a string that begins \
                              with \"age1\".";
                self.error("Unsuitable value", detail, at);
                Vec::new()
            }
        }
    }

    /// Whether a passphrase is wanted. One that is written here is refused, and not underlined:
    /// messages end up in logs.
    fn asks_for_passphrase(&mut self, expr: &Expr) -> bool {
        let Some(value) = self.constant(expr) else { return false };
        if let Some(wanted) = value.as_bool() {
            return wanted;
        }
        let place = self.place(self.expr_span(expr));
        let detail = format!(
            "The argument \"passphrase\" of the seal, at {place}, is true or false. The passphrase \
             itself must not be in a configuration: it would be in clear in version control and in \
             saved plans."
        );
        let help = "Write passphrase = true and set QUORATE_PASSPHRASE in the environment, or name a \
                    file with passphrase_file. A passphrase that was committed is no secret any more.";
        let error = crate::diag::Diagnostic::error("Passphrase in the configuration", detail);
        self.diags.error(error.help(help));
        false
    }
}
