// `gateway keys`: API keys are made here and stored as hashes only.

import ArgumentParser
import Configuration
import Identity

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Work with API keys.", subcommands: [Create.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a new key once, and the record to append to keys.yaml.")

        @Option(help: "The tenant that the key speaks for.")
        var tenant: String
        @Option(name: .customLong("scope"), help: "What the key may do; may be given several times.")
        var scopes: [String]
        @Option(help: "The only workspace that the key may see.")
        var workspace: String?
        @Option(help: "How logs name the key. Default: made up.")
        var id: String?
        @Option(help: "When the key stops being good, as 2027-01-31T00:00:00Z.")
        var expires: String?
        @Option(help: "live or test.")
        var environment = "live"
        @Option(help: "Append the record to this keys.yaml instead of printing it.")
        var file: String?

        func run() throws {
            guard let environment = AuthSettings.Environment(rawValue: environment) else {
                throw ValidationError("--environment is live or test.")
            }
            let expiresAt = expires.map(NewKey.time)
            if case .some(.none) = expiresAt {
                throw ValidationError("--expires is a time such as 2027-01-31T00:00:00Z.")
            }
            let key = NewKey(
                environment: environment, id: id, tenantId: tenant, scopes: scopes, workspaceId: workspace,
                expiresAt: expiresAt.flatMap { $0 })
            do throws(ConfigurationProblems) {
                try key.check()
            } catch {
                Standard.error("\(error)")
                throw ExitCode.validationFailure
            }
            try store(key)
            // The only time that the key itself is seen.
            print(key.text)
        }

        private func store(_ key: NewKey) throws {
            guard let file else {
                Standard.error("Append this to keys.yaml:\n\(key.record.yaml)")
                return
            }
            do {
                try KeyFile.append(key.record, to: file)
            } catch let problems as ConfigurationProblems {
                Standard.error("\(problems)")
                throw ExitCode.configuration
            } catch {
                Standard.error("\(file): \(error)")
                throw ExitCode.unavailable
            }
        }
    }
}
