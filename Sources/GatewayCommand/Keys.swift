// `gateway keys`: API keys are made here, and stored as hashes only.

import ArgumentParser
import Configuration
import Identity

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, list and revoke API keys.", subcommands: [Create.self, List.self, Revoke.self])

    /// What commands that change or show a file of keys report alike.
    fileprivate static func working<Result>(on file: String, _ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let problems as ConfigurationProblems {
            Standard.error("\(problems)")
            throw ExitCode.configuration
        } catch let error as ExitCode {
            throw error
        } catch {
            Standard.error("\(file): \(error)")
            throw ExitCode.unavailable
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a new key once, and the record to append to keys.yaml.",
            discussion: "With --file the record is appended there. Gateways that run with the file take it up.")

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
            if case .some(.some(let expiry)) = expiresAt, expiry <= Authentication.timeOfDay {
                throw ValidationError("--expires is a time to come; the key would never be good.")
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
            if let file {
                try Keys.working(on: file) { try KeyFile.append(key.record, to: file) }
            } else {
                Standard.error("Append this to keys.yaml:\n\(key.record.yaml)")
            }
            // The only time that the key itself is seen.
            print(key.text)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the keys of a file: whose they are, and until when they are good.")

        @Option(help: "The keys.yaml.")
        var file: String

        func run() throws {
            let records = try Keys.working(on: file) { try KeyFile.records(in: file) }
            let heading = ["ID", "TENANT", "SCOPES", "WORKSPACE", "EXPIRES", "STATE"]
            for line in Table([heading] + records.map(row)).lines { print(line) }
        }

        private func row(_ record: KeyRecord) -> [String] {
            let isExpired = record.isExpired(at: Authentication.timeOfDay)
            return [
                record.id, record.tenantId, record.scopes.isEmpty ? "-" : record.scopes.joined(separator: ","),
                record.workspaceId ?? "all", record.expiry ?? "never",
                record.isDisabled ? "disabled" : isExpired ? "expired" : "good",
            ]
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable a key. Gateways that run with the file refuse it within half a second.",
            discussion: "The record stays, with `disabled: true`, so that logs still say which key was refused.")

        @Argument(help: "The key's id, as `gateway keys list` shows it.")
        var id: String
        @Option(help: "The keys.yaml.")
        var file: String

        func run() throws {
            let isNews = try Keys.working(on: file) {
                do {
                    return try KeyFile.revoke(id, in: file)
                } catch is UnknownKey {
                    Standard.error("\(file): no key has the id \(id)")
                    throw ExitCode.validationFailure
                }
            }
            print(isNews ? "\(id) is disabled." : "\(id) was disabled already.")
        }
    }
}
