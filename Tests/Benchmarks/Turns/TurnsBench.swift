// What the cap on plans in flight is worth: the same clients ask through it, through a fixed one and through none, with
// upstreams that take 0, 5 and 50 ms. Plans, calls and transfers are the gateway's own, on a loop of their own; what stands
// before a plan is left out. Slices of a second in turn, and ratios within each round: a busy machine disturbs all alike.

import Foundation
import Glibc
import Pipeline
import StubUpstreams
import Upstream

@main
struct TurnsBench {
    private static let rounds = 9

    static func main() async throws {
        print("upstream  clients  cap        requests/s  CPU µs/request  requests/s against none  CPU against none")
        for delay in [0, 5, 50] {
            for clients in [64, 256] { try await measure(.milliseconds(delay), clients: clients) }
        }
    }

    private static func measure(_ delay: Duration, clients: Int) async throws {
        let script = delay == .zero ? Script() : Script(rules: [Rule(.delay(.fixed(delay)))])
        let stubs = try await StubUpstreams.start(script: script)
        let (conversations, crm) = (stubs.conversationsURL, stubs.crmURL)
        let loop = FanOutLoop(name: "bench", connections: 1024)
        let slices = try await Task(executorPreference: loop) { () -> [[Slice]] in
            let plans = try Plans(conversations: conversations, crm: crm, on: loop)
            // Connections are opened, memory is taken.
            for cap in Cap.allCases { _ = await plans.slice(cap, clients: clients) }
            var rounds: [[Slice]] = []
            for _ in 0..<Self.rounds {
                var round: [Slice] = []
                for cap in Cap.allCases { round.append(await plans.slice(cap, clients: clients)) }
                rounds.append(round)
            }
            return rounds
        }.value
        loop.stop()
        try await stubs.stop()
        for (index, cap) in Cap.allCases.enumerated() {
            let own = slices.map { $0[index] }, none = slices.map { $0[Cap.allCases.count - 1] }
            let speed = median(zip(own, none).map { $0.rate / $1.rate })
            let cost = median(zip(own, none).map { $0.cost / $1.cost })
            print(
                [
                    "\(delay.milliseconds) ms".padded(8), "\(clients)".padded(7), cap.rawValue.padded(9),
                    String(format: "%10.0f", median(own.map(\.rate))),
                    String(format: "%14.0f", median(own.map(\.cost))),
                    String(format: "%23.2f", speed), String(format: "%16.2f", cost),
                ].joined(separator: "  "))
        }
    }

    private static func median(_ numbers: [Double]) -> Double { numbers.sorted()[numbers.count / 2] }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { padding(toLength: width, withPad: " ", startingAt: 0) }
}

/// What one slice of time brought.
struct Slice: Sendable {
    /// Answers a second.
    let rate: Double
    /// The loop's processor time for each, in microseconds.
    let cost: Double
}
