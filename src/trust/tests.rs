//! Folders of trust made with openssl.

use super::*;
use std::process::Command;

/// An authority, a participant that it signed and a list that names it, made with openssl.
fn imported(list: Option<(&str, u64)>) -> (tempfile::TempDir, Result<Imported, TrustError>) {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        let made = Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{arguments}: {}", String::from_utf8_lossy(&made.stderr));
    };
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3650 -subj /C=FR/CN=FR09");
    openssl("ecparam -name prime256v1 -genkey -noout -out signer.key");
    openssl("req -new -key signer.key -out signer.csr -subj /C=FR/CN=2DDOC-AB12");
    openssl("x509 -req -in signer.csr -CA ca.pem -CAkey ca.key -set_serial 77 -days 365 -out signer.crt");
    if let Some((due, sequence)) = list {
        let pem = std::fs::read_to_string(folder.path().join("ca.pem")).unwrap();
        let base64: String = pem.lines().filter(|l| !l.starts_with("-----")).collect();
        let text = format!(
            "<t:List xmlns:t=\"urn:t\"><t:TSLSequenceNumber>{sequence}</t:TSLSequenceNumber><t:NextUpdate><t:dateTime>{due}T00:00:00Z</t:dateTime></t:NextUpdate>\
             <t:TrustServiceProvider><t:TSPTradeName><t:Name>FR09</t:Name></t:TSPTradeName><t:TSPService><t:X509Certificate>{base64}</t:X509Certificate>\
             <t:ServiceStatus>http://uri.etsi.org/TrstSvc/Svcstatus/inaccord</t:ServiceStatus></t:TSPService></t:TrustServiceProvider></t:List>"
        );
        std::fs::write(folder.path().join("list.xml"), text).unwrap();
    }
    let imported = Imported::load(folder.path());
    (folder, imported)
}

fn standing(imported: &Imported) -> Standing {
    let trust = imported.trust(Date::constant(2026, 11, 23));
    let key = trust.of("FR09", "AB12").next().expect("the participant's key").clone();
    assert_eq!(key.point.len(), 65);
    key.standing
}

#[test]
fn without_a_list_the_administrator_vouches_and_a_list_in_order_confirms() {
    assert_eq!(standing(&imported(None).1.unwrap()), Standing::Good);
    assert_eq!(standing(&imported(Some(("2027-01-01", 5))).1.unwrap()), Standing::Good);
}

#[test]
fn an_overdue_list_and_one_that_does_not_name_the_authority_do_not() {
    assert_eq!(standing(&imported(Some(("2026-02-25", 5))).1.unwrap()), Standing::ListExpired(Date::constant(2026, 2, 25)));
    let (folder, _) = imported(None);
    let empty = "<List><TSLSequenceNumber>9</TSLSequenceNumber><NextUpdate><dateTime>2027-01-01T00:00:00Z</dateTime></NextUpdate></List>";
    std::fs::write(folder.path().join("newer.xml"), empty).unwrap();
    assert_eq!(standing(&Imported::load(folder.path()).unwrap()), Standing::NotListed);
}

#[test]
fn a_file_that_is_not_understood_stops_the_import() {
    let (folder, _) = imported(None);
    std::fs::write(folder.path().join("LISEZMOI.txt"), "no certificate").unwrap();
    assert!(Imported::load(folder.path()).is_ok());
    std::fs::write(folder.path().join("revoked.crl"), "no list").unwrap();
    let error = Imported::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("revoked.crl"), "{error}");
}
