// A soak: faults at random, one after the other by seed, and clients of which some leave at random moments. In the end memory
// must be where it was after the first minute, and descriptors where they were at the start.

import Foundation
import StubUpstreams

struct Soak {
    let seconds: Int
    let rate: Int
    let seed: UInt64

    /// MiB that memory may have grown from the first minute's end to the soak's: pages that the allocator keeps.
    private static let growth = 8.0
    /// Descriptors more than at the start that mean nothing: a connection more or less to each endpoint for each of its calls.
    private static let spare = 10

    func run(_ process: GatewayProcess, _ upstreams: Upstreams, _ load: Load) async throws -> [String] {
        var random = SeededRandom(seed: seed)
        try await settle(load)
        let atStart = try Holdings(of: process)
        load.start(perSecond: rate, leaving: 0.1)
        let began = ContinuousClock.now
        var samples: [String: Int] = [:], faults: [String] = [], afterFirstMinute: Double?
        while began.duration(to: .now) < .seconds(seconds), process.isRunning {
            let phase = Phase.all[.random(in: 1..<Phase.all.count, using: &random)]
            try await phase.begin(upstreams)
            try await Task.sleep(for: .milliseconds(.random(in: 300..<4000, using: &random)))
            try await phase.end(upstreams)
            try await Task.sleep(for: .milliseconds(.random(in: 300..<4000, using: &random)))
            let answers = load.takeSamples()
            faults += PhaseReport.broken(answers).map { "\(phase.name): \($0)" }
            for sample in answers { samples[Self.word(sample), default: 0] += 1 }
            let passed = began.duration(to: .now)
            if passed > .seconds(60), afterFirstMinute == nil { afterFirstMinute = try process.resident() }
            print(
                "\(Int(passed.seconds)) s".padded(to: 7), phase.name.padded(to: 36),
                "\(try process.resident().text(1)) MiB, \(try process.descriptors()) descriptors",
                PhaseReport.statuses(answers))
        }
        try await load.pause()
        // Connections to upstreams that nobody needs are closed when they have been idle for 15 s and a call comes by.
        try await Task.sleep(for: .seconds(16))
        try await settle(load)
        let resident = try process.resident()
        let counts = samples.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        print("answers in all:", counts.joined(separator: ", "))
        if let afterFirstMinute, resident > afterFirstMinute + Self.growth {
            faults.append(
                "memory grew from \(afterFirstMinute.text(1)) to \(resident.text(1)) MiB after the first minute")
        }
        let descriptors = try process.descriptors()
        if descriptors > atStart.descriptors + Self.spare {
            faults.append("descriptors: \(atStart.descriptors) at the start, \(descriptors) at the end")
        }
        faults += try await Holdings.leaks(of: process, since: atStart)
        try await load.stop()
        return faults
    }

    /// Few requests, one after the other: what is needed for them is open afterwards, and nothing else.
    private func settle(_ load: Load) async throws {
        load.start(perSecond: 5)
        try await Task.sleep(for: .seconds(3))
        try await load.pause()
        _ = load.takeSamples()
    }

    private static func word(_ sample: Sample) -> String {
        switch sample.outcome {
        case .answered(let status, _): "\(status)"
        case .left: "left"
        case .lost: "lost"
        case .wrong: "wrong"
        }
    }
}
