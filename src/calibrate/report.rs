//! The report of a calibration, as one HTML page for the people who decide whether it may be used.

use super::{Fitted, Observation, upper_bound};
use crate::domain::{Calibration, Group, Medium, Pattern, ValueKind};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The page: how honest the probabilities are, what share is accepted at which error, every group with its bound, the
/// weakest fields, errors by what the value looks like, and what was read for what. Figures are out of sample.
#[must_use]
pub fn report(fitted: &Fitted, observations: &[Observation]) -> String {
    let c = &fitted.calibration;
    let judge = |(o, p): (_, &f64)| judged(c, o, *p);
    let judged: Vec<Judged> = observations.iter().zip(&fitted.out_of_sample).map(judge).collect();
    let mut page = head(c, &judged);
    let _ = write!(
        page,
        "<h2>Fiabilité</h2><p>Part de valeurs justes selon la chance annoncée d’être juste : sur la diagonale, elle est honnête.</p>{}",
        reliability(&judged)
    );
    let _ = write!(
        page,
        "<h2>Part acceptée et erreur</h2><p>Erreur des valeurs les plus sûres, selon la part que l’on accepte.</p>{}",
        trade(&judged)
    );
    page += "<h2>Groupes</h2>";
    page += &table(
        &["Groupe", "Lues", "Fausses", "Acceptées à partir de", "Acceptées", "Dont fausses", "Borne 95 %"],
        c.groups.iter().map(|g| {
            let from = g.from.map_or_else(|| "jamais".to_owned(), |p| format!("{p:.4}"));
            vec![
                named(g.group),
                g.seen.to_string(),
                g.wrong.to_string(),
                from,
                g.accepted.to_string(),
                g.accepted_wrong.to_string(),
                percent(g.bound),
            ]
        }),
    );
    page += "<h2>Champs, du plus faible au plus sûr</h2>";
    page += &shares(&judged, |j| j.o.field.clone());
    page += "<h2>Selon l’écriture de la valeur</h2><p>Jamais selon l’origine de la personne.</p>";
    page += &shares(&judged, |j| looks_of(&j.o.truth));
    page += "<h2>Lues l’une pour l’autre</h2>";
    let wrong = judged.iter().filter(|j| !j.o.right).take(400);
    page += &table(
        &["Champ", "Écrit", "Lu", "Chance annoncée", "Acceptée", "Fichier"],
        wrong.map(|j| {
            let accepted = if j.accepted { "oui" } else { "" };
            [j.o.field.as_str(), &j.o.truth, &j.o.read, &format!("{:.3}", j.p), accepted, &j.o.file].map(escape).to_vec()
        }),
    );
    page
}

/// What was fitted on what, and the sums.
fn head(c: &Calibration, judged: &[Judged]) -> String {
    let all = Count::of(judged.iter());
    let accepted = Count::of(judged.iter().filter(|j| j.accepted));
    format!(
        "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><title>Calibration {id}</title><style>{STYLE}</style>\
         <h1>Calibration {id}</h1><p>{envelopes} plis étiquetés, {n} valeurs lues, dont {wrong} fausses ({rate}). \
         Acceptées sans agent : {an} ({share}), dont {aw} fausses ({arate} ; au plus {bound} à 95 %). Borne demandée par groupe : {target}.</p>\
         <p class=\"small\">Chaque valeur est jugée par un modèle ajusté sans son fichier. Lecture : {reads}. Données : {data}.</p>",
        id = escape(&c.id),
        envelopes = c.envelopes,
        n = all.of,
        wrong = all.wrong,
        rate = percent(all.share()),
        an = accepted.of,
        share = percent(f64::from(accepted.of) / f64::from(all.of.max(1))),
        aw = accepted.wrong,
        arate = percent(accepted.share()),
        bound = percent(upper_bound(accepted.wrong, accepted.of)),
        target = percent(c.target),
        reads = escape(&c.reads),
        data = escape(&c.data),
    )
}

struct Judged<'a> {
    o: &'a Observation,
    p: f64,
    accepted: bool,
}

fn judged<'a>(calibration: &Calibration, o: &'a Observation, p: f64) -> Judged<'a> {
    Judged { o, p, accepted: calibration.accepts_at(&o.signals, p) }
}

#[derive(Clone, Copy, Default)]
struct Count {
    of: u32,
    wrong: u32,
}

impl Count {
    fn of<'a>(judged: impl Iterator<Item = &'a Judged<'a>>) -> Self {
        judged.fold(Self::default(), |c, j| Self { of: c.of + 1, wrong: c.wrong + u32::from(!j.o.right) })
    }

    /// Share of wrong ones.
    fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { f64::from(self.wrong) / f64::from(self.of) }
    }
}

/// One line for each name, the weakest first.
fn shares<'a>(judged: &'a [Judged<'a>], name: impl Fn(&Judged) -> String) -> String {
    let mut by: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    for j in judged {
        by.entry(name(j)).or_default().push(j);
    }
    let mut rows: Vec<(String, Count, Count)> = by
        .into_iter()
        .map(|(name, js)| (name, Count::of(js.iter().copied()), Count::of(js.iter().copied().filter(|j| j.accepted))))
        .collect();
    rows.sort_by(|a, b| b.1.share().total_cmp(&a.1.share()));
    let rows = rows.into_iter().map(|(name, all, accepted)| {
        let share = f64::from(accepted.of) / f64::from(all.of.max(1));
        vec![escape(&name), all.of.to_string(), percent(all.share()), percent(share), accepted.wrong.to_string()]
    });
    table(&["", "Lues", "Fausses", "Acceptées", "Acceptées et fausses"], rows)
}

/// What the written string looks like.
fn looks_of(text: &str) -> String {
    let accents = text.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
    let (hyphen, words) = (text.contains('-'), text.split_whitespace().count());
    let length = match text.chars().count() {
        0..=6 => "court",
        7..=14 => "moyen",
        _ => "long",
    };
    let parts = [
        if accents { "accents" } else { "" },
        if hyphen { "tiret" } else { "" },
        if words > 1 { "plusieurs mots" } else { "un mot" },
        length,
    ];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}

fn reliability(judged: &[Judged]) -> String {
    const BINS: usize = 10;
    let mut bins = [(Count::default(), 0.0); BINS];
    for j in judged {
        let (count, sum) = &mut bins[((j.p * BINS as f64) as usize).min(BINS - 1)];
        *count = Count { of: count.of + 1, wrong: count.wrong + u32::from(!j.o.right) };
        *sum += j.p;
    }
    let points = bins.iter().filter(|(c, _)| c.of > 0).fold(String::new(), |mut out, (c, sum)| {
        let (x, y) = (sum / f64::from(c.of), 1.0 - c.share());
        let radius = 2.0 + f64::from(c.of).ln();
        let _ = write!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\"><title>{} valeurs, {}</title></circle>",
            x * 300.0,
            (1.0 - y) * 300.0,
            c.of,
            percent(y)
        );
        out
    });
    format!(
        "<svg viewBox=\"-10 -10 320 320\" width=\"320\"><rect width=\"300\" height=\"300\"/><line x1=\"0\" y1=\"300\" x2=\"300\" y2=\"0\"/>{points}</svg>"
    )
}

fn trade(judged: &[Judged]) -> String {
    let mut sorted: Vec<&Judged> = judged.iter().collect();
    sorted.sort_by(|a, b| b.p.total_cmp(&a.p));
    let (mut wrong, mut path) = (0u32, String::new());
    let step = (sorted.len() / 200).max(1);
    for (at, j) in sorted.iter().enumerate() {
        wrong += u32::from(!j.o.right);
        if at % step == 0 && at >= 20 {
            let (x, y) = (at as f64 / sorted.len() as f64, (f64::from(wrong) / (at + 1) as f64 * 20.0).min(1.0));
            let _ = write!(path, "{}{:.1} {:.1}", if path.is_empty() { "M" } else { "L" }, x * 300.0, (1.0 - y) * 300.0);
        }
    }
    format!(
        "<svg viewBox=\"-10 -10 320 320\" width=\"320\"><rect width=\"300\" height=\"300\"/><line x1=\"0\" y1=\"270\" x2=\"300\" y2=\"270\"/><path d=\"{path}\"/></svg><p class=\"small\">En haut 5 % d’erreur, le trait 0,5 %.</p>"
    )
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let row = |mut out: String, (tag, cells): (&str, Vec<String>)| {
        out.push_str("<tr>");
        for cell in cells {
            let _ = write!(out, "<{tag}>{cell}</{tag}>");
        }
        out.push_str("</tr>");
        out
    };
    let head = head.iter().map(|h| (*h).to_owned()).collect();
    let rows = std::iter::once(("th", head)).chain(rows.map(|r| ("td", r)));
    format!("<table>{}</table>", rows.fold(String::new(), row))
}

fn named(group: Group) -> String {
    let kind = match group.kind {
        None => "tous champs",
        Some(ValueKind::Name) => "noms",
        Some(ValueKind::Date) => "dates",
        Some(ValueKind::Number) => "numéros",
        Some(ValueKind::Choice) => "choix",
        Some(ValueKind::Country) => "pays",
        Some(ValueKind::Address) => "adresses",
        Some(ValueKind::Contact) => "téléphones et courriels",
        Some(ValueKind::Amount) => "montants",
        Some(ValueKind::Flag) => "oui ou non",
        Some(ValueKind::Text) => "textes",
    };
    let pattern = match group.pattern {
        Pattern::Proven => "clé ou signature et une autre lecture",
        Pattern::Papers3 => "trois pièces ou plus",
        Pattern::Papers2 => "deux pièces",
        Pattern::Places2 => "deux endroits d’une pièce",
        Pattern::Engines2 => "un endroit, deux lectures",
        Pattern::Engine1 => "un endroit, une lecture",
    };
    let medium = match group.medium {
        Some(Medium::Print) => ", imprimé",
        Some(Medium::Form) => ", formulaire",
        None => " ou plus",
    };
    format!("{kind} : {pattern}{medium}{}", if group.contested { ", contesté" } else { "" })
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share).replace('.', ",")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "body{font:16px/1.4 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}\
td,th{border:1px solid #bbb;padding:.2rem .5rem;text-align:left}svg rect{fill:#fff;stroke:#888}svg line{stroke:#aaa}svg path{fill:none;stroke:#000091}\
svg circle{fill:#000091}.small{color:#555;font-size:.85rem}";
