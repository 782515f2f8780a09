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

    async fn send(&mut self, method: &str, path: &str, body: Option<String>) -> Reply {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host);
        if let Some(cookie) = &self.cookie {
            text += &format!("Cookie: {cookie}\r\n");
        }
        for (name, value) in &self.extra {
            text += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = &body {
            text += &format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.len());
        }
        text += "\r\n";
        text += &body.unwrap_or_default();
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
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
