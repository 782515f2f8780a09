//! The part of XML 1.0 that an index needs: elements, attributes, text. No document type, no entities of
//! its own, no recursion: an index comes over a folder that others write to.

use super::Line;
use crate::domain::IndexMapping;

/// Elements inside each other.
const DEEPEST: usize = 64;

#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

pub(super) fn plis(mapping: &IndexMapping, text: &str) -> Result<Vec<Vec<Line>>, String> {
    let root = parse(text)?;
    let plis = match mapping.entry.trim_matches('/') {
        "" => vec![&root],
        path => elements(&root, path),
    };
    if plis.is_empty() {
        return Err(format!("l’élément « {} » n’y est pas", mapping.entry));
    }
    plis.into_iter().map(|pli| lines(mapping, &root, pli)).collect()
}

/// One line for each file; what is said once holds for all.
fn lines(mapping: &IndexMapping, root: &Node, pli: &Node) -> Result<Vec<Line>, String> {
    let all = |path: &String| if path.is_empty() { Vec::new() } else { values(root, pli, path) };
    let once = |path: &String| all(path).into_iter().next().unwrap_or_default();
    let (files, orders) = (all(&mapping.file), all(&mapping.order));
    if !mapping.order.is_empty() && orders.len() != files.len() {
        return Err(format!("il a {} fichiers et {} numéros de page", files.len(), orders.len()));
    }
    let line = |file: String, order: String| Line {
        file,
        order,
        pli: once(&mapping.pli),
        lot: once(&mapping.lot),
        received: once(&mapping.received),
        pages: once(&mapping.pages),
    };
    if files.is_empty() {
        return if mapping.file.is_empty() {
            Ok(vec![line(String::new(), String::new())])
        } else {
            Err("un pli y est sans fichier".to_owned())
        };
    }
    let mut orders = orders.into_iter();
    Ok(files.into_iter().map(|file| line(file, orders.next().unwrap_or_default())).collect())
}

/// Texts at `path`: names of elements, at last perhaps `@name` of an attribute.
fn values(root: &Node, pli: &Node, path: &str) -> Vec<String> {
    let (path, attribute) = match path.rsplit_once('@') {
        Some((path, name)) => (path, Some(name)),
        None => (path, None),
    };
    let nodes = match path.strip_prefix('/') {
        Some(path) => elements(root, path.trim_end_matches('/')),
        None => below(vec![pli], path.trim_end_matches('/')),
    };
    let value = |node: &&Node| match attribute {
        Some(name) => node.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim().to_owned()),
        None => Some(node.text.trim().to_owned()),
    };
    nodes.iter().filter_map(value).collect()
}

/// Elements at a path whose first name is that of the root.
fn elements<'a>(root: &'a Node, path: &str) -> Vec<&'a Node> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    if root.name == first { below(vec![root], rest) } else { Vec::new() }
}

fn below<'a>(mut nodes: Vec<&'a Node>, path: &str) -> Vec<&'a Node> {
    for name in path.split('/').filter(|n| !n.is_empty()) {
        nodes = nodes.into_iter().flat_map(|n| &n.children).filter(|c| c.name == name).collect();
    }
    nodes
}

fn parse(text: &str) -> Result<Node, String> {
    let broken = || "ce n’est pas un XML complet".to_owned();
    let (mut open, mut root, mut rest): (Vec<Node>, Option<Node>, &str) = (Vec::new(), None, text);
    while let Some(at) = rest.find('<') {
        add_text(&mut open, &rest[..at])?;
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.split_once("-->").ok_or_else(broken)?.1;
        } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let (raw, after) = after.split_once("]]>").ok_or_else(broken)?;
            open.last_mut().ok_or_else(broken)?.text.push_str(raw);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("<?") {
            rest = after.split_once("?>").ok_or_else(broken)?.1;
        } else if rest.starts_with("<!") {
            return Err("il contient une déclaration de type, qui n’est pas acceptée".to_owned());
        } else if let Some(after) = rest.strip_prefix("</") {
            let (name, after) = after.split_once('>').ok_or_else(broken)?;
            let node = open.pop().filter(|n| n.name == local(name.trim())).ok_or_else(broken)?;
            close(&mut open, &mut root, node)?;
            rest = after;
        } else {
            let (node, empty, after) = start(&rest[1..]).ok_or_else(broken)?;
            if empty {
                close(&mut open, &mut root, node)?;
            } else if open.len() < DEEPEST && root.is_none() {
                open.push(node);
            } else {
                return Err(broken());
            }
            rest = after;
        }
    }
    add_text(&mut open, rest)?;
    root.filter(|_| open.is_empty()).ok_or_else(broken)
}

fn close(open: &mut [Node], root: &mut Option<Node>, node: Node) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(node),
        None if root.is_none() => *root = Some(node),
        None => return Err("il a deux racines".to_owned()),
    }
    Ok(())
}

fn add_text(open: &mut [Node], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(node) => node.text.push_str(&unescaped(text).ok_or("il contient une entité inconnue")?),
        None if text.trim().is_empty() => {}
        None => return Err("ce n’est pas un XML".to_owned()),
    }
    Ok(())
}

/// A start tag after its `<`: the element, whether it ends at once, and what follows.
fn start(text: &str) -> Option<(Node, bool, &str)> {
    let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/')?;
    let mut node = Node { name: local(&text[..end]).to_owned(), ..Node::default() };
    if node.name.is_empty() {
        return None;
    }
    let mut rest = text[end..].trim_start();
    loop {
        if let Some(after) = rest.strip_prefix("/>") {
            return Some((node, true, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Some((node, false, after));
        }
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| *c == '"' || *c == '\'')?;
        let (value, after) = after[1..].split_once(quote)?;
        node.attributes.push((local(name.trim()).to_owned(), unescaped(value)?));
        rest = after.trim_start();
    }
}

/// Namespaces are of no use here.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';')?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = name.strip_prefix('#')?;
                let code = number.strip_prefix(['x', 'X']).map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?;
                char::from_u32(code)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}
