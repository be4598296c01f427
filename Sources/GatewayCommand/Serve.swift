// `gateway serve`: runs until it is told to stop.

import ArgumentParser
import Configuration
import Gateway
import Glibc
import Logging
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway. SIGTERM and SIGINT drain it; a second one ends it at once.",
        discussion: "SIGHUP reads the configuration and its files anew: all of it, or nothing if anything is wrong.")

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        var settings = try file.load()
        let logger = Log.start(settings.telemetry.log)
        ignoreBrokenPipes()
        Descriptors.fit(&settings, logger)
        // Before anything is started: a signal that comes while it starts must not be lost.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let gateway = try await start(settings, logger)
        announceAddresses(of: gateway, logger)
        StartScreen(gateway).show(logger)
        await waitForEnd(signals, logger) {
            await reload(gateway, logger)
        } drain: {
            let drain = gateway.settings.server.drain
            let departure = await gateway.drain(notReady: drain.notReady, within: drain.finish)
            logger.info(
                "Stopped.",
                metadata: [
                    "arrivedNotReady": "\(departure.whileNotReady)",
                    "arrivedFinishing": "\(departure.whileFinishing)", "cut": "\(departure.cut)",
                ])
        }
    }

    private func start(_ settings: Settings, _ logger: Logger) async throws -> Gateway {
        do throws(CannotStart) {
            return try await Gateway.start(settings, logger: logger, logLosses: Log.losses)
        } catch {
            Standard.error(error.description)
            throw error.cause == .configuration ? ExitCode.configuration : ExitCode.unavailable
        }
    }

    /// Reads the configuration and its files anew. On a problem, all goes on as it was, and the log says every problem.
    private func reload(_ gateway: Gateway, _ logger: Logger) async {
        var settings: Settings
        do throws(ConfigurationProblems) {
            settings = try file.read()
        } catch {
            gateway.reopenLog()
            return refuse(error.problems.map(\.description), gateway, logger)
        }
        Descriptors.fit(&settings, logger)
        let before = (gateway.addresses, gateway.adminAddresses)
        do throws(CannotReload) {
            try await gateway.reload(settings)
        } catch {
            return refuse(error.problems, gateway, logger)
        }
        Log.follow(settings.telemetry.log)
        gateway.countReload(isTaken: true)
        if before != (gateway.addresses, gateway.adminAddresses) { announceAddresses(of: gateway, logger) }
        logger.info("The new configuration is in force.")
    }

    private func refuse(_ problems: [String], _ gateway: Gateway, _ logger: Logger) {
        gateway.countReload(isTaken: false)
        for problem in problems {
            logger.error("The new configuration has a problem.", metadata: ["problem": "\(problem)"])
        }
        logger.error("The old configuration stays in force.", metadata: ["problems": "\(problems.count)"])
    }

    private func announceAddresses(of gateway: Gateway, _ logger: Logger) {
        for address in gateway.addresses {
            logger.info("Listening.", metadata: ["address": "\(address)"])
        }
        for address in gateway.adminAddresses {
            logger.info("Answering operators.", metadata: ["address": "\(address)"])
        }
    }
}

/// A client or a log reader that goes away must cost an error, not the process.
func ignoreBrokenPipes() {
    signal(SIGPIPE, SIG_IGN)
}

/// Whether whoever started the process wants it to outlive its terminal (nohup).
var isHangUpIgnored: Bool {
    var action = sigaction()
    sigaction(SIGHUP, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}

/// Signals that end a command which has nothing to read anew.
func endingSignals() async -> UnixSignalsSequence {
    if isHangUpIgnored { return await UnixSignalsSequence(trapping: .sigterm, .sigint) }
    return await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
}

/// Waits for SIGTERM or SIGINT, then for `drain`; a second signal ends the process at once. SIGHUP is `reload`, once at a
/// time: those that come meanwhile are one more. Without a `reload` it is an end as well: the terminal is gone.
func waitForEnd(
    _ signals: UnixSignalsSequence, _ logger: Logger, reload: (@Sendable () async -> Void)? = nil,
    drain: @Sendable () async -> Void
) async {
    await withTaskGroup(of: Void.self) { group in
        let (ends, end) = AsyncStream<Void>.makeStream()
        let (reloads, asked) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        // Of its own: files may be slow, and a signal to end must not wait for them.
        group.addTask {
            for await _ in reloads { await reload?() }
        }
        // The sequence can be iterated once, so one task hears all signals.
        group.addTask {
            var isDraining = false
            for await signal in signals {
                if signal == .sighup, reload != nil {
                    logger.info("Reading files anew.", metadata: ["signal": "\(signal)"])
                    asked.yield()
                    continue
                }
                if isDraining { exit(1) }
                isDraining = true
                logger.info("Draining.", metadata: ["signal": "\(signal)"])
                end.finish()
            }
        }
        for await _ in ends {}
        await drain()
        group.cancelAll()
    }
}
