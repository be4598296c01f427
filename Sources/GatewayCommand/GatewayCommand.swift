// The commands: each reads its arguments, does one thing, and exits with a status that says why.

import ArgumentParser
import Gateway

@main
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "A gateway that answers one request with what several services know.",
        version: Version.current,
        subcommands: [
            Serve.self, Check.self, PlanCommand.self, Explain.self, Stub.self, Demo.self, Keys.self,
        ])
}

/// Why the process ends (sysexits.h). 64, wrong usage, is ArgumentParser's own.
extension ExitCode {
    /// EX_UNAVAILABLE: an address could not be bound, or something needed not be reached.
    static let unavailable = ExitCode(69)
    /// EX_CONFIG.
    static let configuration = ExitCode(78)
}
