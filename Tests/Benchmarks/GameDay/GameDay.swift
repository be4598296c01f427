// A game day: constant load on the real executable while its upstreams fail in every way they know, one after the other. At
// the end a table says what clients saw, and whether all was as it should be.

import ArgumentParser
import Foundation
import StubUpstreams

@main
struct GameDay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let upstreams fail in turn under load, or at random for long, and judge what the gateway made of it."
    )

    @Argument(help: "The gateway's executable.")
    var gateway: String
    @Option(help: "Requests a second.")
    var rate = 120
    @Option(help: "How long each fault lasts, in seconds.")
    var fault = 12
    @Option(help: "Instead: faults at random for so many seconds, with clients that leave.")
    var soak: Int?
    @Option(help: "Of whatever is random.")
    var seed: UInt64 = 1
    @Option(help: "Only phases whose name contains this.")
    var only = ""

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gateway-day-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let upstreams = try await Upstreams(in: folder)
        let process = try await GatewayProcess(
            executable: gateway, in: folder, upstreams, coalesces: soak != nil)
        let load = Load(port: process.port, key: process.key, questions: Self.questions, seed: seed)
        let faults: [String]
        if let soak {
            faults = try await Soak(seconds: soak, rate: rate, seed: seed).run(process, upstreams, load)
        } else {
            faults = try await day(process, upstreams, load)
        }
        try await upstreams.end()
        let status = process.isRunning ? try await process.end() : -1
        let ends = status == 0 ? [] : ["the gateway ended with \(status)"]
        for fault in faults + ends { print("FAULT  \(fault)") }
        guard faults.isEmpty, status == 0 else {
            print("The gateway's log: \(process.log)")
            throw ExitCode.failure
        }
        try FileManager.default.removeItem(atPath: folder)
        print("All was as it should be.")
    }

    private func day(_ process: GatewayProcess, _ upstreams: Upstreams, _ load: Load) async throws -> [String] {
        let before = try await Holdings(of: process, settledBy: load)
        load.start(perSecond: rate)
        // Pools fill, and what is done once is done.
        try await Task.sleep(for: .seconds(3))
        _ = load.takeSamples()
        var usual: [String: Duration] = [:], faults: [String] = [], resident: Double?
        print(PhaseReport.head)
        for phase in Phase.all where usual.isEmpty || only.isEmpty || phase.name.contains(only) {
            let report = try await play(phase, upstreams, load)
            if usual.isEmpty { usual = Self.usual(report.during + report.after) }
            // By then the worst has been seen once: what hangs holds the most.
            if phase.name == "conversations hangs" { resident = try process.resident() }
            let found = report.faults(phase.promises, usual: usual)
            print(report.row(found))
            faults += found.map { "\(phase.name): \($0)" }
            guard process.isRunning else { return faults + ["the gateway has gone"] }
        }
        try await load.pause()
        faults += PhaseReport.overdue(load.takeSamples())
        faults += try await Holdings.leaks(of: process, since: before, resident: resident, settledBy: load)
        try await load.stop()
        return faults
    }

    private func play(_ phase: Phase, _ upstreams: Upstreams, _ load: Load) async throws -> PhaseReport {
        let calls = upstreams.calls
        let began = ContinuousClock.now
        try await phase.begin(upstreams)
        // Faults and what follows them last for set times: this is a schedule, and waits for nothing.
        try await Task.sleep(until: began + .seconds(fault))
        let now = upstreams.calls
        try await phase.end(upstreams)
        let ended = ContinuousClock.now
        try await Task.sleep(until: ended + PhaseReport.recovery + .seconds(2))
        let samples = load.takeSamples()
        return PhaseReport(
            name: phase.name, before: samples.filter { $0.sent < began },
            during: samples.filter { began <= $0.sent && $0.sent < ended },
            after: samples.filter { $0.sent >= ended }, began: began, ended: ended,
            calls: (now.conversations - calls.conversations, now.crm - calls.crm))
    }

    private static func usual(_ samples: [Sample]) -> [String: Duration] {
        Dictionary(grouping: samples, by: \.question.route).compactMapValues { $0.percentile(0.99) }
    }

    /// Two conversations by three routes: one that needs everything, one that takes null for what the CRM does not give, one
    /// that does not ask it.
    private static let questions: [Question] = {
        [("whole", 5), ("partial", 5), ("own", 3)].flatMap { route, calls in
            [Fixtures.active, Fixtures.humanManaged].map { conversation in
                Question(
                    route: route, path: "/api/\(route)/\(conversation.id)", calls: calls,
                    mark: "{\"id\":\"\(conversation.id)\"")
            }
        }
    }()
}
