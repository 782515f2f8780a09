//! The service that sends the letters, as the configuration names it.

use serde::Deserialize;

/// Names and addresses that article R112-5 CRPA asks for in a letter. Empty until an installation fills them in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    pub name: String,
    /// Postal address, line by line.
    pub address: Vec<String>,
    pub telephone: String,
    pub email: String,
    /// Where letters are dated.
    pub place: String,
    /// Administrative court with its address, as a sentence continues after « saisir le ».
    pub court: String,
    /// How to reach the data protection officer.
    pub data_protection: String,
}

impl Service {
    /// Keys of `[service]` that are still empty, in order.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let named = [
            ("name", self.name.is_empty()),
            ("address", self.address.is_empty()),
            ("telephone", self.telephone.is_empty()),
            ("email", self.email.is_empty()),
            ("place", self.place.is_empty()),
            ("court", self.court.is_empty()),
            ("data_protection", self.data_protection.is_empty()),
        ];
        named.into_iter().filter(|(_, empty)| *empty).map(|(name, _)| name).collect()
    }
}
