// What the process holds, and what of it should not be there any more.

struct Holdings {
    let descriptors: Int
    let threads: Int
    let resident: Double

    /// MiB that memory may have grown since it was looked at under load: pages that the allocator keeps.
    private static let growth = 8.0
    /// Descriptors more than at the start that mean nothing: a connection more or less to each endpoint for each of its calls.
    private static let spare = 10

    /// As it is after few requests, one after the other: what is needed for them is open, and nothing else.
    init(of process: GatewayProcess, settledBy load: Load) async throws {
        // Long enough for some of each question.
        load.start(perSecond: 5)
        try await Task.sleep(for: .seconds(3))
        try await load.pause()
        _ = load.takeSamples()
        (descriptors, threads, resident) = (
            try process.descriptors(), try process.threads(), try process.resident()
        )
    }

    /// Compares when nobody asks anything any more.
    /// - Parameter resident: MiB that were in memory under load; nil: nobody looked.
    static func leaks(
        of process: GatewayProcess, since before: Holdings, resident: Double?, settledBy load: Load
    ) async throws -> [String] {
        // Connections to upstreams that nobody needs are closed when they have been idle for 15 s and a call comes by.
        try await Task.sleep(for: .seconds(16))
        let now = try await Holdings(of: process, settledBy: load)
        print(
            "descriptors \(before.descriptors) -> \(now.descriptors), threads \(before.threads) -> \(now.threads),",
            "resident \(before.resident.text(1)) -> \(resident?.text(1) ?? "?") -> \(now.resident.text(1)) MiB")
        var faults: [String] = []
        if now.descriptors > before.descriptors + spare { faults.append("\(now.descriptors) descriptors are open") }
        if now.threads > before.threads + 2 { faults.append("there are \(now.threads) threads") }
        if let resident, now.resident > resident + growth {
            faults.append("memory grew from \(resident.text(1)) to \(now.resident.text(1)) MiB")
        }
        let gauges = [
            "gateway_requests_in_flight", "gateway_upstream_calls_in_flight", "gateway_upstream_calls_waiting",
        ]
        for family in gauges {
            let value = await process.figure(family)
            if value != 0 { faults.append("\(family) is \(value.map(\.description) ?? "not there") and not 0") }
        }
        return faults
    }
}
