// `gateway demo`: stub upstreams and gateway on loopback, nothing to set up.

import ArgumentParser
import Configuration
import Foundation
import Gateway
import Glibc
import Identity
import Logging
import StubUpstreams
import UnixSignals
import Upstream

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway on embedded stub upstreams, print one enriched answer and what to try next.")

    @Flag(help: "Print the answer, check it, and end.")
    var once = false

    func run() async throws {
        let logger = Log.start()
        ignoreBrokenPipes()
        let signals = await endingSignals()
        let folder = try DemoFolder()
        defer { folder.remove() }
        let stubs = try await StubUpstreams.start(script: Script.parse(DemoFolder.script))
        do {
            try await show(folder, stubs, signals, logger)
            await stop(stubs, logger)
        } catch {
            await stop(stubs, logger)
            if !(error is ExitCode) { Standard.error("\(error)") }
            throw ExitCode.unavailable
        }
    }

    private func show(
        _ folder: DemoFolder, _ stubs: StubUpstreams, _ signals: UnixSignalsSequence, _ logger: Logger
    ) async throws {
        let gateway = try await start(folder, stubs, logger)
        let tour = DemoTour(
            address: "\(gateway.addresses[0])", page: gateway.adminAddresses[0].url, key: folder.key)
        var isSound = false
        do {
            isSound = try tour.showAnswer()
        } catch {
            Standard.error("\(error)")
        }
        if isSound, !once {
            tour.showMore()
            // Behind a pipe it would stay in the buffer until the end.
            fflush(nil)
            await waitForEnd(signals, logger) { await gateway.drain(within: .seconds(5)) }
        } else {
            await gateway.drain(within: .seconds(5))
        }
        if !isSound { throw ExitCode.unavailable }
    }

    /// On the usual port, or on a free one if that is taken.
    private func start(_ folder: DemoFolder, _ stubs: StubUpstreams, _ logger: Logger) async throws -> Gateway {
        for port in once ? [0] : [8080, 0] {
            let file = try folder.configuration(port: port, stubs)
            let settings = try ConfigurationFile.load(path: file, environment: [:], libcurl: .linked)
            do throws(CannotStart) {
                return try await Gateway.start(settings, logger: logger, logLosses: Log.losses)
            } catch {
                if port == 0 { throw error }
            }
        }
        throw ExitCode.unavailable
    }
}
