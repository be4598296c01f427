// `gateway stub`: stub upstreams as a program.

import ArgumentParser
import Logging
import StubUpstreams
import UnixSignals

struct Stub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run stub upstreams: fixtures, latencies and faults by script and seed.",
        discussion: "Without a script they answer at once and never fail, on free ports that the log names.")

    @Option(name: .customLong("config"), help: "The script. config/stub.yaml shows all it can say.")
    var path: String?

    func run() async throws {
        let logger = Log.start()
        ignoreBrokenPipes()
        let signals = await endingSignals()
        let script = try load()
        let stubs = try await start(script)
        logger.info(
            "Stub upstreams are listening.",
            metadata: ["conversations": "\(stubs.conversationsURL)", "crm": "\(stubs.crmURL)"])
        await waitForEnd(signals, logger) { await stop(stubs, logger) }
        logger.info("Stopped.")
    }

    private func load() throws -> Script {
        guard let path else { return Script() }
        do throws(ScriptProblems) {
            return try Script.load(path: path)
        } catch {
            Standard.error("\(error)")
            throw ExitCode.configuration
        }
    }

    private func start(_ script: Script) async throws -> StubUpstreams {
        do throws(StubUpstreams.CannotListen) {
            return try await StubUpstreams.start(script: script)
        } catch {
            Standard.error(error.description)
            throw ExitCode.unavailable
        }
    }
}

func stop(_ stubs: StubUpstreams, _ logger: Logger) async {
    do {
        try await stubs.stop()
    } catch {
        logger.error("The stub upstreams did not end cleanly.", metadata: ["reason": "\(error)"])
    }
}
