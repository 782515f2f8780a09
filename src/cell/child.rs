//! The cell's side: set up, close the lock, do one job, end.

use super::frame::{Job, Kind, LockReport, PROTOCOL, SelfTest, Setup, pack_page, receive, send};
use super::{lock, picture};
use crate::catalogue::Catalogue;
use crate::domain::{PageRead, PageState, Refusal, Transform};
use crate::extract;
use crate::pages::{self, Document, Limits, Picture};
use crate::recognise::{self, Engines};
use std::fs::File;
use std::io::{Error, Result};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the cell over standard input and output: the hidden command `passerelle cell`.
#[must_use]
pub fn serve() -> ExitCode {
    match Wires::take().and_then(|mut wires| run(&mut wires)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The pool hears of it by the end of the stream; this is for whoever runs it by hand.
            eprintln!("cell: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Unbuffered ends of the pipe: nothing is read ahead of the lock.
struct Wires {
    input: File,
    output: File,
}

impl Wires {
    fn take() -> Result<Self> {
        let input = std::io::stdin().as_fd().try_clone_to_owned()?.into();
        let output = std::io::stdout().as_fd().try_clone_to_owned()?.into();
        Ok(Self { input, output })
    }

    fn answer(&mut self, kind: Kind, value: &impl serde::Serialize) -> Result<()> {
        send(&mut self.output, kind, &serde_json::to_vec(value)?)
    }
}

fn run(wires: &mut Wires) -> Result<()> {
    let setup: Setup = serde_json::from_slice(&receive(&mut wires.input, Kind::Setup)?)?;
    let tools = match prepare(&setup) {
        Ok((tools, report)) => {
            wires.answer(Kind::Ready, &report)?;
            tools
        }
        Err(reason) => return wires.answer(Kind::Failed, &reason),
    };
    let job: Job = serde_json::from_slice(&receive(&mut wires.input, Kind::Job)?)?;
    let bytes = receive(&mut wires.input, Kind::Bytes)?;
    match work(wires, job, bytes, tools, &setup) {
        Ok(()) => Ok(()),
        Err(Stop::Refused(refusal)) => wires.answer(Kind::Refused, &refusal),
        Err(Stop::Broken(error)) => Err(error),
    }
}

struct Tools {
    engines: Option<Engines>,
    catalogue: Catalogue,
}

/// Everything that needs a file is done here, before the lock.
fn prepare(setup: &Setup) -> std::result::Result<(Tools, LockReport), String> {
    if setup.protocol != PROTOCOL {
        return Err(format!("protocol {} asked, {PROTOCOL} spoken: the program was replaced, restart it", setup.protocol));
    }
    // Two threads of the library on a busy machine burn ten times the processor time.
    if std::env::var("OMP_THREAD_LIMIT").as_deref() != Ok("1") {
        return Err("OMP_THREAD_LIMIT is not 1".to_owned());
    }
    lock::close_for_reading_only().map_err(|e| e.to_string())?;
    let engines = if setup.engines { Some(Engines::load(setup.models_dir.as_deref()).map_err(|e| e.to_string())?) } else { None };
    let catalogue = if setup.engines { catalogue(setup)? } else { Catalogue::default() };
    let mut report = lock::close(setup.memory_bytes, setup.cpu_seconds).map_err(|e| e.to_string())?;
    report.engines = engines.as_ref().map(Engines::describe).unwrap_or_default();
    Ok((Tools { engines, catalogue }, report))
}

fn catalogue(setup: &Setup) -> std::result::Result<Catalogue, String> {
    let catalogue = match &setup.pipelines_dir {
        Some(folder) => Catalogue::load(folder),
        None => Catalogue::embedded(),
    };
    catalogue.map_err(|e| e.to_string())
}

enum Stop {
    Refused(Refusal),
    Broken(Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

fn work(wires: &mut Wires, job: Job, bytes: Vec<u8>, tools: Tools, setup: &Setup) -> std::result::Result<(), Stop> {
    let limits = Limits { pages: setup.pages, pixels: setup.pixels, decompressed: setup.decompressed, ..Limits::default() };
    match job {
        Job::Count { format } => {
            let document = pages::open(bytes.into(), format, &limits)?;
            wires.answer(Kind::Count, &document.page_count())?;
        }
        Job::Cut { rect, dpi } => {
            let cut = picture::cut(&bytes, rect, dpi)?;
            send(&mut wires.output, Kind::Cut, &cut)?;
        }
        Job::SelfTest => wires.answer(Kind::Tested, &self_test(setup.memory_bytes))?,
        Job::Read { format, first_page, last_page, turns } => {
            let document = pages::open(Arc::from(bytes), format, &limits)?;
            send(&mut wires.output, Kind::Opened, &[])?;
            let engines = tools.engines.ok_or_else(|| Error::other("no engines were asked for"))?;
            let mut reader = Reader { document, engines, catalogue: tools.catalogue };
            for number in first_page..=last_page.min(reader.document.page_count()) {
                let turn = turns.iter().find(|(page, _)| *page == number).map(|(_, quarters)| *quarters);
                let (read, jpeg) = reader.page(number, turn);
                send(&mut wires.output, Kind::Page, &pack_page(&read, &jpeg)?)?;
            }
            send(&mut wires.output, Kind::Done, &[])?;
        }
    }
    Ok(())
}

struct Reader {
    document: Document,
    engines: Engines,
    catalogue: Catalogue,
}

impl Reader {
    fn page(&mut self, number: u32, turn: Option<u8>) -> (PageRead, Vec<u8>) {
        self.try_page(number, turn).unwrap_or_else(|refusal| (unreadable(number, refusal), Vec::new()))
    }

    fn try_page(&mut self, number: u32, turn: Option<u8>) -> std::result::Result<(PageRead, Vec<u8>), Refusal> {
        let picture = self.document.page(number)?;
        let failed = |detail: String| {
            Refusal::new(
                "page_illisible",
                format!("La lecture de la page a échoué ({detail})."),
                "Numérisez de nouveau la page ou saisissez-la à la main.",
            )
        };
        let mut recognised =
            recognise::read_page(&picture, number, turn, &mut self.engines, &self.catalogue).map_err(|e| failed(e.to_string()))?;
        if is_lost_photograph(&picture, &recognised.read) {
            return Err(pages::photo_without_sheet());
        }
        if let Some(second) = self.engines.second.as_deref_mut() {
            let places = extract::sought(&recognised.read, &self.catalogue);
            recognised.read.looks = recognise::look(&recognised.upright, &places, &recognised.read.words, second);
        }
        let jpeg = picture::encode(&recognised.upright, picture.dpi).map_err(|e| failed(e.to_string()))?;
        Ok((recognised.read, jpeg))
    }
}

/// A photograph without a sheet, of which next to nothing was read: another one is asked for.
fn is_lost_photograph(picture: &Picture, read: &PageRead) -> bool {
    let nothing_else = read.mrz.is_empty() && read.codes.is_empty() && read.zones.is_empty();
    picture.camera && picture.sheet.is_none() && nothing_else && !recognise::is_convincing(&read.words)
}

/// A page of which nothing is known but its number.
pub fn unreadable(number: u32, refusal: Refusal) -> PageRead {
    PageRead {
        number,
        dpi: 300,
        transform: Transform::default(),
        state: PageState::Unreadable(refusal),
        words: Vec::new(),
        zones: Vec::new(),
        checkboxes: Vec::new(),
        mrz: Vec::new(),
        codes: Vec::new(),
        marks: Vec::new(),
        looks: Vec::new(),
    }
}

/// Tries what the lock forbids.
fn self_test(memory: u64) -> SelfTest {
    let mut hoard: Vec<u8> = Vec::new();
    SelfTest {
        reads_files: File::open("/etc/passwd").is_ok() || File::open("/proc/self/status").is_ok(),
        writes_files: File::create("/tmp/passerelle-cell-self-test").is_ok()
            || std::fs::create_dir("/tmp/passerelle-cell-self-test.d").is_ok(),
        opens_sockets: std::net::TcpListener::bind("127.0.0.1:0").is_ok() || std::os::unix::net::UnixDatagram::unbound().is_ok(),
        starts_programs: std::process::Command::new("/bin/true").spawn().is_ok(),
        exceeds_memory: hoard.try_reserve_exact(usize::try_from(memory).unwrap_or(usize::MAX)).is_ok(),
    }
}
