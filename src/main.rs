use std::process::ExitCode;

fn main() -> ExitCode {
    presenced::cli::main()
}
