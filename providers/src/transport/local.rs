//! This machine.

use std::io;
use std::process::Stdio;

use quorate_engine::world::WorldError;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::error;
use super::machine::Stream;
use super::script::{Answer, Request, command};
use super::shell::Shell;

/// The shell of this machine.
pub struct LocalShell {
    /// The host's name, for messages.
    pub name: String,
    /// Whether to become root.
    pub sudo: bool,
}

impl LocalShell {
    fn start(&self) -> Result<Child, WorldError> {
        let words = command(self.sudo);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|e| {
            let detail = format!("{}: /bin/sh did not start: {e}.", self.name);
            error::world("Host cannot run scripts", detail, "")
        })
    }
}

#[async_trait::async_trait]
impl Shell for LocalShell {
    async fn run(&self, request: Request) -> Result<Answer, WorldError> {
        let mut child = self.start()?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let answer = converse(&request, stdin, stdout, stderr).await;
        // The script has ended or is hopeless: what it is waiting for will not come.
        if answer.broken.is_some() {
            let _ = child.start_kill();
        }
        let _ = child.wait().await;
        Ok(answer)
    }

    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(TcpStream::connect((host, port)).await?))
    }
}

/// Sends a script and reads what it prints, for as long as it may take.
pub async fn converse<I, O, E>(
    request: &Request,
    stdin: Option<I>,
    stdout: Option<O>,
    stderr: Option<E>,
) -> Answer
where
    I: tokio::io::AsyncWrite + Unpin,
    O: AsyncRead + Unpin,
    E: AsyncRead + Unpin,
{
    let mut answer =
        Answer { output: Zeroizing::new(Vec::with_capacity(1 << 16)), ..Answer::default() };
    let mut complaint = Vec::new();
    let send = async {
        if let Some(mut stdin) = stdin {
            // A script that ends early closes its end: what it printed says why.
            let _ = stdin.write_all(&request.input).await;
            let _ = stdin.shutdown().await;
        }
    };
    let all = async {
        tokio::join!(send, drain(stdout, &mut answer.output), drain(stderr, &mut complaint))
    };
    let ended = tokio::time::timeout(request.limit, all).await;
    answer.complaint = String::from_utf8_lossy(&complaint).into_owned();
    if ended.is_err() {
        let limit = request.limit.as_secs();
        answer.broken = Some(format!("it did not answer within {limit} seconds"));
    }
    answer
}

async fn drain(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    if let Some(mut from) = from {
        // An error is the end: whether all came is seen by the script's last word.
        let _ = from.read_to_end(into).await;
    }
}
