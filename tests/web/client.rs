//! A small HTTP/1.1 client that sends exactly what a test says, forged headers included.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().filter_map(|l| l.split_once(':')).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The value of the first hidden input of this name.
    pub fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let tag = format!("name=\"{name}\" value=\"");
        let from = text.find(&tag).unwrap_or_else(|| panic!("no input {name} in {text}")) + tag.len();
        let raw = &text[from..from + text[from..].find('"').unwrap()];
        raw.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
    }
}

/// One browser: its cookie and the extra headers that it sends.
#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    pub cookie: Option<String>,
    pub host: String,
    pub extra: Vec<(String, String)>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None, host: address.to_string(), extra: Vec::new() }
    }

    /// A browser whose agent gave a name.
    pub async fn named(address: SocketAddr, name: &str) -> Self {
        let mut client = Self::new(address);
        let form = client.get("/agent").await;
        let token = form.hidden("jeton");
        let reply = client.post("/agent", &[("jeton", &token), ("nom", name), ("suite", "/depots")]).await;
        assert_eq!((reply.status, reply.header("location")), (303, Some("/depots")), "{}", reply.text());
        client
    }

    /// The form token of this session, from a page that carries it.
    pub async fn token(&mut self) -> String {
        self.get("/depots").await.hidden("jeton")
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Reply {
        let body: Vec<String> = form.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
        self.send("POST", path, Some(body.join("&"))).await
    }

    /// A form with a file, as browsers send it; the fields stand before the file.
    pub async fn upload(&mut self, path: &str, form: &[(&str, &str)], file: (&str, &[u8])) -> Reply {
        const EDGE: &str = "----edge-of-this-form";
        let mut body = Vec::new();
        for (name, value) in form {
            body.extend(format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        let head = format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"fichier\"; filename=\"{}\"\r\n\r\n", file.0);
        body.extend(head.into_bytes());
        body.extend(file.1);
        body.extend(format!("\r\n--{EDGE}--\r\n").into_bytes());
        self.send_as("POST", path, Some((&format!("multipart/form-data; boundary={EDGE}"), body))).await
    }

    pub async fn send(&mut self, method: &str, path: &str, body: Option<String>) -> Reply {
        self.send_as(method, path, body.map(|body| ("application/x-www-form-urlencoded", body.into_bytes()))).await
    }

    /// The same with a body of this type.
    pub async fn send_as(&mut self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Reply {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host);
        if let Some(cookie) = &self.cookie {
            text += &format!("Cookie: {cookie}\r\n");
        }
        for (name, value) in &self.extra {
            text += &format!("{name}: {value}\r\n");
        }
        if let Some((kind, body)) = &body {
            text += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        }
        text += "\r\n";
        let mut sent = text.into_bytes();
        sent.extend(body.map(|(_, body)| body).unwrap_or_default());
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that refuses a form answers before all of it was read.
        let _cut = stream.write_all(&sent).await;
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).await.unwrap();
        let split = raw.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&raw[..split]).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let reply = Reply { status, head, bytes: raw[split + 4..].to_vec() };
        if let Some(cookie) = reply.header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        reply
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
}
