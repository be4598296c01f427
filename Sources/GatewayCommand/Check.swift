// `gateway check` and `gateway plan`: what a configuration means, without running it.

import ArgumentParser
import Configuration
import Gateway

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Report every problem of a configuration (status 78), or summarise it.")

    @OptionGroup var file: ConfigurationOption

    func run() throws {
        let settings = try file.load()
        let problems = Gateway.checkFiles(settings, logger: Log.start())
        guard problems.isEmpty else {
            for problem in problems { Standard.error(problem.description) }
            throw ExitCode.configuration
        }
        print(SettingsSummary(settings))
    }
}

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show each route's graph of calls, critical path, worst-case time and calls.",
        discussion: "`gateway plan --config FILE --dot | dot -Tsvg` draws it (Debian: graphviz).")

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Print one JSON document, times in milliseconds.")
    var json = false

    @Flag(help: "Print a graph in the language of Graphviz.")
    var dot = false

    func validate() throws {
        if json, dot { throw ValidationError("--json and --dot cannot be had at once.") }
    }

    func run() throws {
        let settings = try file.load()
        let document = PlanDocument(settings)
        if json { return print(document.json.written()) }
        if dot { return print(document.dot, terminator: "") }
        for route in settings.routes { print(PlanText(route, upstreams: settings.upstreams)) }
    }
}
