//! The pool's side: starts cells, gives each one job, keeps its deadline, and outlives whatever happens to it.

use super::child::unreadable;
use super::frame::{Job, Kind, LONGEST_ANSWER, LockReport, PROTOCOL, SelfTest, Setup, header, parse, unpack_page};
use super::{CellError, CellPage, Content, ReadRequest};
use crate::domain::{Format, PageState, Rect, Refusal};
use crate::pages::Limits;
use crate::recognise;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

/// How cells are started and what each may use.
#[derive(Clone, Debug)]
pub struct CellSettings {
    /// The program whose `cell` command is run. `/proc/self/exe` is this one, even when it was replaced on disk.
    pub executable: PathBuf,
    /// Reading cells at one time.
    pub processes: usize,
    /// Seconds that one page may take.
    pub page_seconds: u64,
    /// Address space of a cell, bytes.
    pub memory_bytes: u64,
    /// What a file may ask for.
    pub limits: Limits,
    /// Where the second recogniser's model is looked for first.
    pub models_dir: Option<PathBuf>,
    /// Replaces the built-in pipelines.
    pub pipelines_dir: Option<PathBuf>,
}

impl Default for CellSettings {
    fn default() -> Self {
        Self {
            executable: PathBuf::from("/proc/self/exe"),
            processes: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            page_seconds: 60,
            memory_bytes: 3 << 30,
            limits: Limits::default(),
            models_dir: None,
            pipelines_dir: None,
        }
    }
}

/// Seconds for a cell to load its engines, on a machine that does much else.
const START_SECONDS: u64 = 60;
/// Seconds to see the structure of a file.
const OPEN_SECONDS: u64 = 60;
/// Cells that only count or cut; they must not wait behind pages being read.
const SMALL_JOBS: usize = 2;

/// Starts cells; one for each delivery.
#[derive(Clone, Debug)]
pub struct CellPool {
    settings: Arc<CellSettings>,
    reading: Arc<Semaphore>,
    small: Arc<Semaphore>,
    engines: Arc<str>,
}

impl Default for CellPool {
    fn default() -> Self {
        Self::new(CellSettings::default())
    }
}

impl CellPool {
    #[must_use]
    pub fn new(mut settings: CellSettings) -> Self {
        // Found here, where the environment still says where to look; a cell has none.
        if let Some(model) = recognise::ppocr::find_model(settings.models_dir.as_deref()) {
            settings.models_dir = model.parent().map(Path::to_owned);
        }
        let engines = recognise::describe_engines(settings.models_dir.as_deref());
        Self {
            reading: Arc::new(Semaphore::new(settings.processes.max(1))),
            small: Arc::new(Semaphore::new(SMALL_JOBS)),
            settings: Arc::new(settings),
            engines: engines.into(),
        }
    }

    /// The engines that cells of this pool run, with versions and model hashes: part of the recipe.
    #[must_use]
    pub fn engines(&self) -> &str {
        &self.engines
    }

    /// Counts the pages of a file without reading them.
    ///
    /// # Errors
    /// `Refused` when the file is not to be processed, `Machine` when the cell could not run.
    pub async fn count_pages(&self, bytes: Content, format: Format) -> Result<u32, CellError> {
        let (kind, payload) = self.small_job(&Job::Count { format }, bytes).await?;
        expect(kind, Kind::Count)?;
        serde_json::from_slice(&payload).map_err(|e| CellError::Machine(e.to_string()))
    }

    /// Reads pages and sends each as soon as it is ready. A page that kills its cell or passes its
    /// deadline comes back as `PageState::Unreadable` and a fresh cell goes on with the next.
    ///
    /// # Errors
    /// As [`Self::count_pages`].
    pub async fn read(&self, request: ReadRequest, pages: mpsc::Sender<CellPage>) -> Result<(), CellError> {
        let _place = self.reading.acquire().await.map_err(machine)?;
        let mut next = request.first_page;
        while next <= request.last_page {
            let mut cell = self.start(true, request.last_page - next + 1).await?;
            let job = Job::Read { format: request.format, first_page: next, last_page: request.last_page, turns: request.turns.clone() };
            cell.give(&job, request.bytes.clone()).await?;
            match cell.hear(OPEN_SECONDS).await {
                Heard::Frame(Kind::Opened, _) => {}
                other => return Err(cell.ended(other).await),
            }
            next = match self.follow(&mut cell, next, request.last_page, &pages).await? {
                Followed::Finished => return Ok(()),
                Followed::LostAt(page, why) => {
                    deliver(&pages, lost(page, why)).await?;
                    page + 1
                }
            };
        }
        Ok(())
    }

    /// Passes pages on until the cell is done or gone.
    async fn follow(&self, cell: &mut Cell, first: u32, last: u32, pages: &mpsc::Sender<CellPage>) -> Result<Followed, CellError> {
        let mut due = first;
        loop {
            match cell.hear(self.settings.page_seconds).await {
                Heard::Frame(Kind::Page, payload) if due <= last => match unpack_page(&payload) {
                    Some((read, picture)) if read.number == due => {
                        deliver(pages, CellPage { read, picture }).await?;
                        due += 1;
                    }
                    _ => return Ok(Followed::LostAt(due, Lost::Ended)),
                },
                Heard::Frame(Kind::Done, _) => return Ok(Followed::Finished),
                Heard::Late => return Ok(Followed::LostAt(due, Lost::Late(self.settings.page_seconds))),
                Heard::Frame(..) | Heard::Gone if due <= last => return Ok(Followed::LostAt(due, Lost::Ended)),
                Heard::Frame(..) | Heard::Gone => return Ok(Followed::Finished),
            }
        }
    }

    /// Cuts `rect` (upright pixels of the full page at `dpi`) out of a stored page picture; grey JPEG.
    ///
    /// # Errors
    /// As [`Self::count_pages`].
    pub async fn crop(&self, picture: Vec<u8>, rect: Rect, dpi: u32) -> Result<Vec<u8>, CellError> {
        let (kind, payload) = self.small_job(&Job::Cut { rect, dpi }, picture.into()).await?;
        expect(kind, Kind::Cut)?;
        Ok(payload)
    }

    /// Starts a cell with its engines and lets it try what it must not be able to do.
    ///
    /// # Errors
    /// As [`Self::count_pages`].
    pub async fn self_test(&self) -> Result<(LockReport, SelfTest), CellError> {
        let mut cell = self.start(true, 1).await?;
        cell.give(&Job::SelfTest, Vec::new().into()).await?;
        match cell.hear(OPEN_SECONDS).await {
            Heard::Frame(Kind::Tested, payload) => {
                let test = serde_json::from_slice(&payload).map_err(machine)?;
                Ok((cell.report, test))
            }
            other => Err(cell.ended(other).await),
        }
    }

    async fn small_job(&self, job: &Job, bytes: Content) -> Result<(Kind, Vec<u8>), CellError> {
        let _place = self.small.acquire().await.map_err(machine)?;
        let mut cell = self.start(false, 1).await?;
        cell.give(job, bytes).await?;
        match cell.hear(OPEN_SECONDS).await {
            Heard::Frame(Kind::Refused | Kind::Failed, payload) => Err(of_whole_file(Heard::Frame(Kind::Refused, payload))),
            Heard::Frame(kind, payload) => Ok((kind, payload)),
            other => Err(cell.ended(other).await),
        }
    }

    /// A locked cell that has not seen a byte of any file.
    async fn start(&self, engines: bool, pages: u32) -> Result<Cell, CellError> {
        let settings = &self.settings;
        let mut command = Command::new(&settings.executable);
        command.arg("cell").env_clear().env("OMP_THREAD_LIMIT", "1").env("LC_ALL", "C.UTF-8").kill_on_drop(true);
        if let Some(data) = std::env::var_os("TESSDATA_PREFIX") {
            command.env("TESSDATA_PREFIX", data);
        }
        // Engines talk about what they read: their standard error is nobody's to keep.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(|e| CellError::Machine(format!("{}: {e}", settings.executable.display())))?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(CellError::Machine("the cell has no standard input or output".to_owned()));
        };
        let blank = LockReport { landlock: String::new(), seccomp: false, open_files: 0, engines: String::new() };
        let mut cell = Cell { process, input: Some(input), feeding: None, output, report: blank };
        let setup = Setup {
            protocol: PROTOCOL,
            memory_bytes: settings.memory_bytes,
            cpu_seconds: settings.page_seconds.saturating_mul(u64::from(pages)).saturating_add(START_SECONDS + OPEN_SECONDS),
            pages: settings.limits.pages,
            pixels: settings.limits.pixels,
            decompressed: settings.limits.decompressed,
            models_dir: settings.models_dir.clone(),
            pipelines_dir: settings.pipelines_dir.clone(),
            engines,
        };
        cell.send(Kind::Setup, &serde_json::to_vec(&setup).map_err(machine)?).await.map_err(machine)?;
        match cell.hear(START_SECONDS).await {
            Heard::Frame(Kind::Ready, payload) => cell.report = serde_json::from_slice(&payload).map_err(machine)?,
            Heard::Frame(Kind::Failed, payload) => return Err(CellError::Machine(text(&payload))),
            Heard::Frame(kind, _) => return Err(CellError::Machine(format!("{kind:?} where Ready was due"))),
            Heard::Late => return Err(CellError::Machine(format!("not ready after {START_SECONDS} seconds"))),
            Heard::Gone => return Err(CellError::Machine(format!("ended before it was ready ({})", cell.ending().await))),
        }
        Ok(cell)
    }
}

enum Followed {
    Finished,
    LostAt(u32, Lost),
}

#[derive(Clone, Copy)]
enum Lost {
    /// The cell ended, or said something that it must not say.
    Ended,
    Late(u64),
}

enum Heard {
    Frame(Kind, Vec<u8>),
    Late,
    Gone,
}

/// A running cell; dropping it kills it.
struct Cell {
    process: Child,
    input: Option<ChildStdin>,
    /// The task that brings the bytes.
    feeding: Option<JoinHandle<std::io::Result<()>>>,
    output: ChildStdout,
    report: LockReport,
}

impl Cell {
    async fn send(&mut self, kind: Kind, payload: &[u8]) -> std::io::Result<()> {
        let Some(input) = &mut self.input else { return Err(std::io::ErrorKind::BrokenPipe.into()) };
        input.write_all(&header(kind, payload.len())?).await?;
        input.write_all(payload).await?;
        input.flush().await
    }

    /// Sends the job, and its bytes from a task of their own: a cell that stops reading is caught by its deadline.
    async fn give(&mut self, job: &Job, bytes: Content) -> Result<(), CellError> {
        self.send(Kind::Job, &serde_json::to_vec(job).map_err(machine)?).await.map_err(machine)?;
        let length = usize::try_from(bytes.length()).unwrap_or(usize::MAX);
        let head = header(Kind::Bytes, length)
            .map_err(|_| Refusal::new("fichier_trop_gros", "Le fichier dépasse un gigaoctet.", "Séparez le lot en plusieurs fichiers."))?;
        if let Some(input) = self.input.take() {
            let mut input = File::from(input.into_owned_fd().map_err(machine)?);
            self.feeding = Some(tokio::task::spawn_blocking(move || {
                input.write_all(&head)?;
                bytes.copy_to(&mut input)
            }));
        }
        Ok(())
    }

    /// What it means that this was heard where a result was due.
    async fn ended(&mut self, heard: Heard) -> CellError {
        if matches!(heard, Heard::Gone)
            && let Some(feeding) = self.feeding.take()
            && let Ok(Ok(Err(error))) = tokio::time::timeout(Duration::from_secs(1), feeding).await
            // A broken pipe is the cell's own end; anything else says nothing about the file.
            && error.kind() != ErrorKind::BrokenPipe
        {
            return CellError::Machine(format!("the file could not be brought to the cell: {error}"));
        }
        of_whole_file(heard)
    }

    async fn hear(&mut self, seconds: u64) -> Heard {
        let heard = tokio::time::timeout(Duration::from_secs(seconds), self.frame()).await;
        match heard {
            Ok(Ok((kind, payload))) => Heard::Frame(kind, payload),
            Ok(Err(_)) => Heard::Gone,
            Err(_) => Heard::Late,
        }
    }

    async fn frame(&mut self) -> std::io::Result<(Kind, Vec<u8>)> {
        let mut head = [0; 5];
        self.output.read_exact(&mut head).await?;
        let (kind, length) = parse(head)?;
        if length > LONGEST_ANSWER {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let mut payload = vec![0; length];
        self.output.read_exact(&mut payload).await?;
        Ok((kind, payload))
    }

    async fn ending(&mut self) -> String {
        match tokio::time::timeout(Duration::from_secs(1), self.process.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            _ => "no exit status".to_owned(),
        }
    }
}

async fn deliver(pages: &mpsc::Sender<CellPage>, page: CellPage) -> Result<(), CellError> {
    pages.send(page).await.map_err(|_| CellError::Machine("nobody takes the pages any more".to_owned()))
}

fn lost(page: u32, why: Lost) -> CellPage {
    let message = match why {
        Lost::Ended => "La page a arrêté le programme qui la lisait.".to_owned(),
        Lost::Late(seconds) => format!("La lecture de la page a dépassé {seconds} secondes."),
    };
    let refusal = Refusal::new("page_illisible", message, "Numérisez de nouveau cette page, ou saisissez-la à la main.");
    let read = unreadable(page, refusal);
    debug_assert!(matches!(read.state, PageState::Unreadable(_)));
    CellPage { read, picture: Vec::new() }
}

/// The file as a whole cannot be opened, or the cell could not say so.
fn of_whole_file(heard: Heard) -> CellError {
    let refusal = |message: &str| {
        CellError::Refused(Refusal::new("fichier_illisible", message, "Numérisez de nouveau l’original, puis redéposez le fichier."))
    };
    match heard {
        Heard::Frame(Kind::Refused, payload) => match serde_json::from_slice::<Refusal>(&payload) {
            Ok(reason) => CellError::Refused(reason),
            Err(_) => CellError::Machine("a refusal without a reason".to_owned()),
        },
        Heard::Frame(Kind::Failed, payload) => CellError::Machine(text(&payload)),
        Heard::Frame(kind, _) => CellError::Machine(format!("unexpected {kind:?}")),
        Heard::Late => refusal("L’ouverture du fichier prend trop de temps."),
        Heard::Gone => refusal("Le fichier a arrêté le programme qui l’ouvrait."),
    }
}

fn expect(found: Kind, wanted: Kind) -> Result<(), CellError> {
    if found == wanted { Ok(()) } else { Err(CellError::Machine(format!("{found:?} where {wanted:?} was due"))) }
}

fn text(payload: &[u8]) -> String {
    serde_json::from_slice::<String>(payload).unwrap_or_else(|_| String::from_utf8_lossy(payload).into_owned())
}

fn machine(error: impl std::fmt::Display) -> CellError {
    CellError::Machine(error.to_string())
}
