//! Closes a process on itself: limits, Landlock without a single allowed path, and a list of denied system calls.

use super::frame::LockReport;
use landlock::{ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope};
use rlimit::Resource;
use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch};
use std::collections::BTreeMap;

/// Why the lock did not close. The cell then ends without having seen a byte.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("a resource limit cannot be set: {0}")]
    Limit(#[from] std::io::Error),
    #[error("Landlock refuses the rules: {0}")]
    Landlock(#[from] landlock::RulesetError),
    #[error("seccomp refuses the filter: {0}")]
    Seccomp(String),
}

/// The newest Landlock whose rights are named here; older kernels enforce what they know.
const LANDLOCK: ABI = ABI::V6;

/// Before the engines are loaded: files may be read, nothing else. Threads that engines start inherit
/// this; Landlock cannot reach them later, only the list of denied calls can.
pub fn close_for_reading_only() -> Result<(), LockError> {
    let everything = PathFd::new("/").map_err(|e| LockError::Limit(std::io::Error::other(e.to_string())))?;
    Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .add_rule(PathBeneath::new(everything, AccessFs::ReadFile | AccessFs::ReadDir))?
        .restrict_self()?;
    Ok(())
}

/// Closes the lock for good. Nothing after this opens a file, a socket or a program.
pub fn close(memory_bytes: u64, cpu_seconds: u64) -> Result<LockReport, LockError> {
    let open_files = std::fs::read_dir("/proc/self/fd")?.count() as u32 - 1;
    limit(memory_bytes, cpu_seconds)?;
    let landlock = landlock()?;
    // `clone3` hides its flags behind a pointer; without it the C library falls back to `clone`.
    deny(&[libc::SYS_clone3], libc::ENOSYS, BTreeMap::new())?;
    deny(DENIED, libc::EPERM, other_processes()?)?;
    Ok(LockReport { landlock: landlock.to_owned(), seccomp: true, open_files, engines: String::new() })
}

fn limit(memory_bytes: u64, cpu_seconds: u64) -> Result<(), LockError> {
    rlimit::setrlimit(Resource::CORE, 0, 0)?;
    rlimit::setrlimit(Resource::FSIZE, 0, 0)?;
    rlimit::setrlimit(Resource::AS, memory_bytes, memory_bytes)?;
    rlimit::setrlimit(Resource::CPU, cpu_seconds, cpu_seconds)?;
    Ok(())
}

fn landlock() -> Result<&'static str, LockError> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => "enforced",
        RulesetStatus::PartiallyEnforced => "partial",
        RulesetStatus::NotEnforced => "absent",
    })
}

fn deny(calls: &[i64], errno: i32, mut rules: BTreeMap<i64, Vec<SeccompRule>>) -> Result<(), LockError> {
    let failed = |e: String| LockError::Seccomp(e);
    rules.extend(calls.iter().map(|call| (*call, Vec::new())));
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|e| failed(e.to_string()))?;
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno as u32), arch).map_err(|e| failed(e.to_string()))?;
    let program: seccompiler::BpfProgram = filter.try_into().map_err(|e: seccompiler::BackendError| failed(e.to_string()))?;
    seccompiler::apply_filter_all_threads(&program).map_err(|e| failed(e.to_string()))
}

/// Threads may be made, processes may not.
fn other_processes() -> Result<BTreeMap<i64, Vec<SeccompRule>>, LockError> {
    let thread = libc::CLONE_THREAD as u64;
    let condition = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(thread), 0);
    let rule = condition.and_then(|c| SeccompRule::new(vec![c])).map_err(|e| LockError::Seccomp(e.to_string()))?;
    Ok(BTreeMap::from([(libc::SYS_clone, vec![rule])]))
}

/// Everything that reaches out of the process. What stays allowed: memory, threads, time, and reading
/// and writing what is already open.
const DENIED: &[i64] = &[
    // files
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_memfd_create,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    libc::SYS_unlinkat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
    libc::SYS_linkat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_symlink,
    libc::SYS_symlinkat,
    libc::SYS_truncate,
    libc::SYS_fchmodat,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_chdir,
    libc::SYS_chroot,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_inotify_init1,
    libc::SYS_fanotify_init,
    // network
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    // programs and other processes
    libc::SYS_execve,
    libc::SYS_execveat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_prlimit64,
    libc::SYS_setrlimit,
    // the kernel's less trodden corners
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_personality,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
];
