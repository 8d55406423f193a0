//! A wire between the program and a server that can be cut in the middle of a write.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// At which moment of a write the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server has heard the half of it.
    Half,
    /// The server has done it, and its answer is lost.
    Answer,
}

/// What is to be cut: a write of a path, after some that go well.
#[derive(Clone, Debug)]
struct Plan {
    path: String,
    well: usize,
    cut: Cut,
}

/// The wire.
pub struct Wire {
    pub port: u16,
    plan: Arc<Mutex<Option<Plan>>>,
}

impl Wire {
    /// To a server on this machine.
    pub fn to(server: u16) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let plan: Arc<Mutex<Option<Plan>>> = Arc::default();
        let shared = plan.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, plan) = (client.unwrap(), shared.clone());
                // A connection that ends in the middle is what this is for.
                thread::spawn(move || drop(carry(client, server, &plan)));
            }
        });
        Wire { port, plan }
    }

    /// From now on writes of a path are cut, after some that go well.
    pub fn cut(&self, path: &str, well: usize, cut: Cut) {
        *self.plan.lock().unwrap() = Some(Plan { path: path.to_owned(), well, cut });
    }

    /// The wire is whole again.
    pub fn mend(&self) {
        *self.plan.lock().unwrap() = None;
    }
}

/// One message: its first line and headers, and the length of what follows.
struct Head {
    text: Vec<u8>,
    length: usize,
}

impl Head {
    fn read(from: &mut TcpStream) -> io::Result<Head> {
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            from.read_exact(&mut byte)?;
            text.push(byte[0]);
        }
        let lower = String::from_utf8_lossy(&text).to_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
        Ok(Head { text, length })
    }

    fn is_write_of(&self, path: &str) -> bool {
        let line = String::from_utf8_lossy(&self.text);
        let mut words = line.split_whitespace();
        words.next() == Some("PUT") && words.next().is_some_and(|own| own == path)
    }
}

fn body(from: &mut TcpStream, length: usize) -> io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(body)
}

/// Carries one request after the other, each over a new connection to the server.
fn carry(mut client: TcpStream, server: u16, plan: &Mutex<Option<Plan>>) -> io::Result<()> {
    loop {
        let head = Head::read(&mut client)?;
        if String::from_utf8_lossy(&head.text).to_lowercase().contains("expect: 100-continue") {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let text = body(&mut client, head.length)?;
        let cut = due(plan, &head);
        let mut server = TcpStream::connect(("127.0.0.1", server))?;
        server.write_all(&head.text)?;
        if cut == Some(Cut::Half) {
            server.write_all(&text[..text.len() / 2])?;
            server.shutdown(Shutdown::Both)?;
            return client.shutdown(Shutdown::Both);
        }
        server.write_all(&text)?;
        let answer = Head::read(&mut server)?;
        let bodiless = head.text.starts_with(b"HEAD ");
        let text = body(&mut server, if bodiless { 0 } else { answer.length })?;
        if cut == Some(Cut::Answer) {
            return client.shutdown(Shutdown::Both);
        }
        client.write_all(&answer.text)?;
        client.write_all(&text)?;
    }
}

/// Whether this request is one to be cut.
fn due(plan: &Mutex<Option<Plan>>, head: &Head) -> Option<Cut> {
    let mut plan = plan.lock().unwrap();
    let wanted = plan.as_mut().filter(|plan| head.is_write_of(&plan.path))?;
    if wanted.well > 0 {
        wanted.well -= 1;
        return None;
    }
    Some(wanted.cut)
}
