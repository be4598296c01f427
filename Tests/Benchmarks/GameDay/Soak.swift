// A soak: faults at random, one after the other by seed, and clients of which some leave at random moments. In the end memory
// must be where it was after the first minute, and descriptors where they were at the start.

import Foundation
import StubUpstreams

struct Soak {
    let seconds: Int
    let rate: Int
    let seed: UInt64

    func run(_ process: GatewayProcess, _ upstreams: Upstreams, _ load: Load) async throws -> [String] {
        var random = SeededRandom(seed: seed)
        let atStart = try await Holdings(of: process, settledBy: load)
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
        faults += PhaseReport.broken(load.takeSamples())
        let counts = samples.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        print("answers in all:", counts.joined(separator: ", "))
        faults += try await Holdings.leaks(of: process, since: atStart, resident: afterFirstMinute, settledBy: load)
        try await load.stop()
        return faults
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
