// `gateway explain URL`: asks as a client would, then tells where the time went.

import ArgumentParser
import Foundation
import Glibc

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the gateway for URL and print where the time went, part by part and attempt by attempt.",
        discussion: """
            The key needs the scope gateway:explain. The waterfall is read at the operator's address. Secrets are better in \
            the environment (GATEWAY_KEY, GATEWAY_ADMIN_TOKEN) than in arguments, which every user of the machine can see.
            """)

    @Argument(help: "What to ask, as a client would: http://127.0.0.1:8080/api/conversations/ID.")
    var url: String

    @Option(help: "The key or token to ask with. Otherwise GATEWAY_KEY.")
    var key: String?

    @Option(help: "The operator's address.")
    var admin = "http://127.0.0.1:9901"

    @Option(help: "The operator's token. Otherwise GATEWAY_ADMIN_TOKEN.")
    var adminToken: String?

    @Flag(help: "Print the waterfall as JSON.")
    var json = false

    @Flag(help: "Draw with ASCII only.")
    var ascii = false

    func validate() throws {
        for address in [url, admin] where !address.hasPrefix("http://") && !address.hasPrefix("https://") {
            throw ValidationError("\(address) is not a URL of http or https.")
        }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let answer = try ask(url, bearer: key ?? environment["GATEWAY_KEY"], [("X-Gateway-Explain", "1")])
        guard let path = answer.fields["x-gateway-explain"] else {
            Standard.error(unexplained(answer))
            throw ExitCode.unavailable
        }
        let token = adminToken ?? environment["GATEWAY_ADMIN_TOKEN"]
        let base = admin.hasSuffix("/") ? String(admin.dropLast()) : admin
        let told = try ask(base + path, bearer: token, [])
        guard told.status == 200 else {
            Standard.error(unread(told, at: base + path))
            throw ExitCode.unavailable
        }
        if json { return print(String(decoding: told.body, as: UTF8.self), terminator: "") }
        let waterfall = try JSONDecoder().decode(Waterfall.self, from: Data(told.body))
        let text = WaterfallText(waterfall, at: base, columns: Self.columns, ascii: ascii || !Self.speaksUTF8)
        print(text, terminator: "")
    }

    private func ask(_ url: String, bearer: String?, _ fields: [(String, String)]) throws -> Asked {
        do throws(CannotAsk) {
            return try Asking.get(url, fields + (bearer.map { [("Authorization", "Bearer \($0)")] } ?? []))
        } catch {
            Standard.error(error.description)
            throw ExitCode.unavailable
        }
    }

    /// Why there is no explanation.
    private func unexplained(_ answer: Asked) -> String {
        switch answer.status {
        case 401: "401: the gateway does not know this key. Give one by --key or GATEWAY_KEY."
        default:
            "\(answer.status): answered, but not explained. The key needs the scope gateway:explain: "
                + "gateway keys create --tenant T --scope conversations:read --scope gateway:explain"
        }
    }

    private func unread(_ told: Asked, at url: String) -> String {
        switch told.status {
        case 401: "401: \(url) needs the operator's token. Give it by --admin-token or GATEWAY_ADMIN_TOKEN."
        case 404:
            "404: \(url) is not known there. Is --admin the same gateway's? Only the last explained ones are kept."
        default: "\(told.status): \(url): \(String(decoding: told.body.prefix(300), as: UTF8.self))"
        }
    }

    /// How wide the terminal is; 100 where there is none.
    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// What the environment says of the terminal's letters (locale(7)).
    private static var speaksUTF8: Bool {
        let environment = ProcessInfo.processInfo.environment
        let name = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        return name.lowercased().contains("utf-8") || name.lowercased().contains("utf8")
    }
}
