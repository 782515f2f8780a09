//! Three-valued logic: what is true, what is false, and what cannot be told yet with what would settle it.

/// Why something cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Doubt {
    /// Nothing in the envelope speaks of it; otherwise something speaks unclearly.
    pub silent: bool,
    /// In French: what would settle it.
    pub words: String,
}

/// A statement of the rules about one envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    Unknown(Vec<Doubt>),
}

impl Truth {
    pub(super) fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    pub(super) fn silent(words: impl Into<String>) -> Self {
        Self::Unknown(vec![Doubt { silent: true, words: words.into() }])
    }

    pub(super) fn unclear(words: impl Into<String>) -> Self {
        Self::Unknown(vec![Doubt { silent: false, words: words.into() }])
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            unknown @ Self::Unknown(_) => unknown,
        }
    }

    /// True when all are; false as soon as one is, however little is known of the others.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut doubts = Vec::new();
        for part in parts {
            match part {
                Self::True => {}
                Self::False => return Self::False,
                Self::Unknown(more) => doubts.extend(more),
            }
        }
        if doubts.is_empty() { Self::True } else { Self::Unknown(doubts) }
    }

    /// True as soon as one is; false when all are.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::all(parts.into_iter().map(Self::not)).not()
    }

    /// What nothing speaks of is false; what something speaks of unclearly stays unknown.
    pub(super) fn said(self) -> Self {
        match self {
            Self::Unknown(doubts) => {
                let unclear: Vec<Doubt> = doubts.into_iter().filter(|d| !d.silent).collect();
                if unclear.is_empty() { Self::False } else { Self::Unknown(unclear) }
            }
            settled => settled,
        }
    }

    /// What would settle it, in French; empty when it is settled.
    pub(super) fn words(&self) -> String {
        let Self::Unknown(doubts) = self else { return String::new() };
        let mut words: Vec<&str> = doubts.iter().map(|d| d.words.as_str()).filter(|w| !w.is_empty()).collect();
        words.sort_unstable();
        words.dedup();
        words.join(" ; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn truth() -> impl Strategy<Value = Truth> {
        prop_oneof![Just(Truth::True), Just(Truth::False), Just(Truth::silent("s")), Just(Truth::unclear("u"))]
    }

    proptest! {
        /// What three-valued logic says must hold whatever an unknown turns out to be.
        #[test]
        fn a_settled_answer_holds_whatever_the_unknowns_are(parts in prop::collection::vec(truth(), 0..6), bits in any::<u8>()) {
            let guess = |(i, t): (usize, &Truth)| match t {
                Truth::Unknown(_) => bits >> i & 1 == 1,
                settled => *settled == Truth::True,
            };
            let guessed: Vec<bool> = parts.iter().enumerate().map(guess).collect();
            match Truth::all(parts.clone()) {
                Truth::Unknown(_) => {}
                settled => prop_assert_eq!(settled == Truth::True, guessed.iter().all(|b| *b)),
            }
            match Truth::any(parts) {
                Truth::Unknown(_) => {}
                settled => prop_assert_eq!(settled == Truth::True, guessed.iter().any(|b| *b)),
            }
        }
    }

    #[test]
    fn said_turns_silence_into_false_and_keeps_what_is_unclear() {
        assert_eq!(Truth::silent("x").said(), Truth::False);
        assert!(matches!(Truth::unclear("x").said(), Truth::Unknown(_)));
        let both = Truth::any([Truth::silent("a"), Truth::unclear("b")]);
        assert_eq!(both.said().words(), "b");
    }
}
