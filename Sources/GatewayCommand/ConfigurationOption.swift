// `--config FILE`, which most commands take, and what happens when the file is wrong.

import ArgumentParser
import Configuration
import Foundation
import Upstream

struct ConfigurationOption: ParsableArguments {
    @Option(name: .customLong("config"), help: "The configuration file.")
    var path: String

    /// Reads the file with the process's environment; reports every problem and exits with 78 if there is one.
    func load() throws -> Settings {
        do throws(ConfigurationProblems) {
            return try read()
        } catch {
            Standard.error("\(error)")
            throw ExitCode.configuration
        }
    }

    /// Reads the file with the process's environment.
    func read() throws(ConfigurationProblems) -> Settings {
        try ConfigurationFile.load(
            path: path, environment: ProcessInfo.processInfo.environment, libcurl: .linked)
    }
}

/// The standard streams, line by line.
enum Standard {
    static func error(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
