// The file from top to bottom, and `contract` and `telemetry`, which are short.

/// What was read of a file, before the routes are examined.
struct Draft {
    var settings = Settings()
    var routes: [RouteDraft] = []
    /// Absolute, where the file names one.
    var contractFile: Located<String>?
}

extension Section {
    /// Reads the whole file.
    func wholeFile() -> Draft {
        var draft = Draft()
        within("server", "The side of the clients.") { $0.server(&draft.settings.server) }
        within("admin", "The side of the operators.") { $0.admin(&draft.settings.admin) }
        let listeners = draft.settings.server.listen
        let auth: Void? = optional("auth", "Who may call.") { $0.auth(&draft.settings.auth, listeners: listeners) }
        if auth == nil, !reading.isUnreadable("auth") { report(at: "auth", Self.nobody) }
        set(
            &draft.settings.rateLimit, "rateLimit", .rateLimit,
            "How much each tenant may ask, or `off`: as much as it likes.", orSection: { $0.rateLimit() })
        draft.settings.upstreams = named("upstreams", "The services behind, each under its name.") { name, section in
            section.upstream(named: name)
        }
        draft.routes = list("routes", required: true, "What clients can ask for.") { $0.route() } ?? []
        within("contract", "What records must look like.") { $0.contract(&draft) }
        within("telemetry", "What is told about requests.") { $0.telemetry(&draft.settings.telemetry) }
        checkAddresses(draft.settings)
        checkAdmin(draft.settings.admin)
        close()
        return draft
    }

    /// The two sides cannot share an address.
    private func checkAddresses(_ settings: Settings) {
        let admin = settings.admin.address
        guard admin.port != 0, settings.server.listen.contains(where: { $0.address == admin }) else { return }
        report(at: "admin", "`admin.address` is one of the addresses where clients come in")
    }

    private func contract(_ draft: inout Draft) {
        draft.contractFile = find(
            "file", .file(in: reading.folder),
            "An OpenAPI document; `components.schemas` is what parts name. Absent: the one the gateway is built with.")
        set(
            &draft.settings.contract.mode, "mode", .word,
            "What a reply that breaks its schema does: it is a failure (`enforce`), or logged and passed on (`warn`).")
    }

    private func telemetry(_ telemetry: inout TelemetrySettings) {
        set(
            &telemetry.accessLog, "accessLog", .accessLog(in: reading.folder),
            "One line of JSON for each request: `stdout`, `off` or a file.")
        within("log", "Everything else that is logged, on stderr.") { log in
            log.set(&telemetry.log.level, "level", .word, "What is less important is left out.")
            log.set(&telemetry.log.format, "format", .word, "A line of text for people, or one of JSON.")
        }
        within("traces", "What is recorded of the way of requests.") { traces in
            traces.set(&telemetry.traceSample, "sample", .share(0...100), "The share of traces that is recorded.")
            traces.set(
                &telemetry.traceSlow, "slow", .share(1...100),
                "Requests that take so much of their route's deadline are always recorded, as those with a 5xx are.")
            traces.set(&telemetry.otlp, "otlp", .url, "Where they are sent by OTLP over HTTP. Absent: nowhere.")
            let ca = traces.find(
                "ca", .file(in: reading.folder),
                "PEM: the authorities that are trusted where `otlp` is an https URL. Absent: the system's.")
            if ca != nil, telemetry.otlp?.hasPrefix("https://") != true, !reading.isUnreadable("telemetry.traces.otlp")
            {
                traces.report(at: "ca", "`telemetry.traces.ca` has no use: `otlp` is no https URL")
            }
            telemetry.otlpCA = ca?.value
            telemetry.otlpHeaders = traces.headers(
                "Sent to the collector, for example Authorization with a token.", butFor: HeaderRules.ofBodies)
        }
    }
}

extension Kind where Value == TelemetrySettings.AccessLog {
    fileprivate static func accessLog(in folder: String) -> Kind {
        Kind(expectation: "`stdout`, `off` or a file's path like ./access.log", schema: [("type", "string")]) {
            (text) throws(Complaint) in
            switch text {
            case "stdout": return .stdout
            case "off": return .off
            default:
                // A word alone is more likely a slip than a file.
                guard text.contains("/") || text.contains(".") else {
                    let isNo = ["none", "false", "no", "never"].contains(text)
                    let meant = isNo ? "off" : Nearest.to(text, among: ["stdout", "off"])
                    throw Complaint(suggestion: meant.map { "`\($0)`" })
                }
                return .file(try Kind<String>.file(in: folder).read(text))
            }
        } write: {
            switch $0 {
            case .stdout: "stdout"
            case .off: "off"
            case .file(let path): .text(path)
            }
        }
    }
}
