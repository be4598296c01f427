// `gateway check` and `gateway plan`: what a configuration means, without running it.

import ArgumentParser
import Configuration
import Gateway

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Report every problem of a configuration (status 78), or summarise it.")

    @OptionGroup var file: ConfigurationOption

    func run() throws {
        let loaded = try file.load()
        let problems = Gateway.checkFiles(loaded.settings, logger: Log.start())
        guard problems.isEmpty else {
            for problem in problems { Standard.error(problem.description) }
            throw ExitCode.configuration
        }
        print(SettingsSummary(loaded.settings))
        let pending = PendingSettings.among(loaded.namesSet)
        if !pending.isEmpty { print("No effect in this release: \(pending.joined(separator: ", "))") }
    }
}

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show each route's graph of calls, critical path and worst-case time.")

    @OptionGroup var file: ConfigurationOption

    func run() throws {
        let settings = try file.load().settings
        for route in settings.routes { print(PlanText(route, upstreams: settings.upstreams)) }
    }
}
