//! The alphabet of a machine-readable zone: check digits, classes of positions, lengths (ICAO 9303 part 3).

/// What a position of the zone may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Digit or filler.
    Digits,
    /// Letter or filler.
    Letters,
    /// Anything of the alphabet: nothing may be corrected there.
    Any,
}

/// The check digit of ICAO 9303 part 3, 4.9: weights 7, 3, 1; `None` when a character is outside the alphabet.
#[must_use]
pub fn check_digit(text: &str) -> Option<u32> {
    let mut sum = 0;
    for (c, weight) in text.chars().zip([7, 3, 1].into_iter().cycle()) {
        let value = match c {
            '<' => 0,
            '0'..='9' | 'A'..='Z' => c.to_digit(36)?,
            _ => return None,
        };
        sum += value * weight;
    }
    Some(sum % 10)
}

/// Upper case, no spaces, every sign outside the alphabet read as the filler: that is what engines make of it.
pub(super) fn clean(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars().filter(|c| !c.is_whitespace()) {
        match c.to_ascii_uppercase() {
            '«' | '»' => out.push_str("<<"),
            c if c.is_ascii_digit() || c.is_ascii_uppercase() => out.push(c),
            _ => out.push('<'),
        }
    }
    out
}

/// Brings a line to its nominal length through its longest run of fillers, where engines lose or double
/// characters; `None` when it is more than `slack` characters off or has no such run.
pub(super) fn fit(line: &str, length: usize, slack: usize) -> Option<String> {
    if line.len() == length {
        return Some(line.to_owned());
    }
    if line.len().abs_diff(length) > slack {
        return None;
    }
    let (start, run) = longest_filler_run(line);
    if run < 4 || line.len() > length + run - 2 {
        return None;
    }
    let wanted = run + length - line.len();
    Some(format!("{}{}{}", &line[..start], "<".repeat(wanted), &line[start + run..]))
}

fn longest_filler_run(line: &str) -> (usize, usize) {
    let (mut best, mut current) = ((0, 0), (0, 0));
    for (i, c) in line.char_indices() {
        current = if c == '<' { (if current.1 == 0 { i } else { current.0 }, current.1 + 1) } else { (0, 0) };
        if current.1 > best.1 {
            best = current;
        }
    }
    best
}

/// Reads each character as the look-alike that its position allows; nothing else is ever changed.
pub(super) fn by_class(text: &str, class: Class) -> String {
    text.chars()
        .map(|c| match class {
            Class::Digits => digit_for(c),
            Class::Letters => letter_for(c),
            Class::Any => c,
        })
        .collect()
}

fn digit_for(c: char) -> char {
    match c {
        'O' | 'Q' | 'D' => '0',
        'I' | 'L' => '1',
        'Z' => '2',
        'S' => '5',
        'G' => '6',
        'B' => '8',
        other => other,
    }
}

fn letter_for(c: char) -> char {
    match c {
        '0' => 'O',
        '1' => 'I',
        '2' => 'Z',
        '5' => 'S',
        '6' => 'G',
        '8' => 'B',
        other => other,
    }
}

/// The name field with the fillers restored that engines like to read as letters: runs of one letter
/// at its end, and a lone letter between fillers once the given names are over.
pub(super) fn restore_fillers(names: &str) -> String {
    let letters = by_class(names, Class::Letters);
    let mut chars: Vec<char> = letters.chars().collect();
    let Some(separator) = letters.find("<<") else { return letters };
    let given = separator + 2;
    let end_of_names = letters[given..].find("<<").map_or(chars.len(), |i| given + i);
    for i in end_of_names + 1..chars.len() {
        let looks_like = matches!(chars[i], 'K' | 'C' | 'E' | 'S' | 'L' | 'X' | 'R' | 'G');
        if looks_like
            && (chars[i - 1] == '<')
            && chars.get(i + 1).is_none_or(|&next| next == '<' || next == chars[i] || "KCESL".contains(next))
        {
            chars[i] = '<';
        }
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_the_icao_specimen() {
        assert_eq!(check_digit("L898902C3"), Some(6));
        assert_eq!(check_digit("740812"), Some(2));
        assert_eq!(check_digit("120415"), Some(9));
        assert_eq!(check_digit("é"), None);
    }

    #[test]
    fn a_line_is_fitted_only_through_its_fillers() {
        assert_eq!(fit("AB<<<<<12", 10, 2).as_deref(), Some("AB<<<<<<12"));
        assert_eq!(fit("AB<<<<<12", 8, 2).as_deref(), Some("AB<<<<12"));
        assert_eq!(fit("ABCDEFG12", 10, 2), None, "no filler to stretch");
        assert_eq!(fit("AB<<<<<12", 14, 2), None, "too far off");
    }

    #[test]
    fn fillers_read_as_letters_do_not_become_given_names() {
        assert_eq!(restore_fillers("DIALLO<<AWA<<<<K<<<<C<<"), "DIALLO<<AWA<<<<<<<<<<<<");
        assert_eq!(restore_fillers("DIALLO<<AWA<MARIE<<"), "DIALLO<<AWA<MARIE<<");
        assert_eq!(restore_fillers("K0NE<<M0USSA<<<<<"), "KONE<<MOUSSA<<<<<");
    }
}
