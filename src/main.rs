fn main() -> std::process::ExitCode {
    quorate::run()
}
