//! What the signature of a 2D-Doc code is worth (specification v3.2.6, § 5.1).

use super::message::{Broken, Message};
use crate::catalogue::SealedType;
use crate::domain::{Curve, SealVerdict, SigningKey, Standing, Trust};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};

/// The verdict and its reason for the agent.
pub(super) fn judge(message: &Message, sealed: Option<&SealedType>, trust: &Trust) -> (SealVerdict, String) {
    let signer = format!("{}/{}", message.authority, message.certificate);
    if let Some(missing) = sealed.and_then(|s| missing(message, s)) {
        return (SealVerdict::Invalide, format!("Le code 2D-Doc est incomplet : il y manque la donnée obligatoire {missing}."));
    }
    let mut best = (SealVerdict::NonVerifiable, unknown(message, &signer));
    for key in trust.of(&message.authority, &message.certificate) {
        let found = by_key(message, key, &signer);
        match found.0 {
            SealVerdict::Valide | SealVerdict::Essai => return found,
            _ => best = found,
        }
    }
    best
}

/// What to say of a code that cannot be taken apart.
pub(super) fn broken(why: Broken) -> (SealVerdict, String) {
    match why {
        Broken::Version => (SealVerdict::NonVerifiable, "Le code 2D-Doc est d’une version que le logiciel ne lit pas.".to_owned()),
        Broken::Header => (SealVerdict::Invalide, "L’en-tête du code 2D-Doc est endommagé.".to_owned()),
        Broken::NoSignature => (SealVerdict::Invalide, "Le code 2D-Doc ne porte pas de signature.".to_owned()),
        Broken::Signature => (SealVerdict::Invalide, "La signature du code 2D-Doc est endommagée.".to_owned()),
    }
}

/// The first compulsory identifier that is absent.
fn missing<'a>(message: &Message, sealed: &'a SealedType) -> Option<&'a str> {
    sealed.required.iter().map(String::as_str).find(|one| !one.split('|').any(|id| message.values.contains_key(id)))
}

fn unknown(message: &Message, signer: &str) -> String {
    // Identifiers with two zeros belong to tests (§ 3.3); a real document never bears one.
    if message.authority.ends_with("00") {
        return format!("Le code 2D-Doc est signé par une autorité d’essai ({signer}), qui ne prouve rien.");
    }
    format!("Le certificat {signer} qui a signé le code 2D-Doc n’a pas été importé : sa signature n’est pas vérifiable.")
}

fn by_key(message: &Message, key: &SigningKey, signer: &str) -> (SealVerdict, String) {
    if !is_right(message, key) {
        return (
            SealVerdict::Invalide,
            format!("La signature du code 2D-Doc ({signer}) ne correspond pas à ce qu’il dit : le code a été modifié, ou il est faux."),
        );
    }
    if key.test {
        return (
            SealVerdict::Essai,
            format!("Le code 2D-Doc est signé par l’autorité d’essai ({signer}) : accepté pour cet essai seulement."),
        );
    }
    match key.standing {
        Standing::Revoked => return (SealVerdict::Invalide, format!("Le certificat {signer} du code 2D-Doc a été révoqué.")),
        Standing::ListExpired(day) => {
            let day = day.strftime("%d/%m/%Y");
            return (
                SealVerdict::NonVerifiable,
                format!("La liste des autorités qui nomme {signer} est périmée depuis le {day} : importer la nouvelle."),
            );
        }
        Standing::NotListed => {
            return (SealVerdict::NonVerifiable, format!("Aucune liste des autorités importée ne garantit le certificat {signer}."));
        }
        Standing::Good => {}
    }
    match message.signed {
        Some(day) if (key.valid_from..=key.valid_until).contains(&day) => {
            (SealVerdict::Valide, format!("La signature du code 2D-Doc ({signer}) est juste."))
        }
        Some(_) => (SealVerdict::Invalide, format!("Le code 2D-Doc a été signé hors de la validité du certificat {signer}.")),
        None => (SealVerdict::NonVerifiable, format!("Le code 2D-Doc ({signer}) ne dit pas quand il a été signé.")),
    }
}

fn is_right(message: &Message, key: &SigningKey) -> bool {
    let algorithm = match key.curve {
        Curve::P256 => &ECDSA_P256_SHA256_FIXED,
        Curve::P384 => &ECDSA_P384_SHA384_FIXED,
        Curve::P521 => &ECDSA_P521_SHA512_FIXED,
    };
    UnparsedPublicKey::new(algorithm, &key.point).verify(message.body, &message.signature).is_ok()
}
