//! Rebuilds when a migration is added: they are embedded, and cargo does not watch what a macro reads.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=build.rs");
}
