// Runs a program and collects what it says. Not Foundation's `Process`, which may read beyond its table of descriptors
// and crash while other threads open and close theirs, as tests that run side by side do.

import Foundation
import Glibc

/// A program that could not be run.
package struct CannotRun: Error {
    package let code: CInt
}

/// Runs a program found in `PATH` to its end.
/// - Returns: what it wrote to its standard output and error.
package func output(of program: String, _ arguments: [String]) async throws -> String {
    // On a thread of its own: the pool's threads are few, and other tests need them.
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try run(program, arguments) }) }
    }
}

private func run(_ program: String, _ arguments: [String]) throws -> String {
    var pipe: [CInt] = [0, 0]
    guard Glibc.pipe(&pipe) == 0 else { throw CannotRun(code: errno) }
    defer { close(pipe[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 2)
    // Descriptors of other tests must not live on in the program. Closing one that is not open is no error here.
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    for descriptor in 3..<CInt(clamping: min(limit.rlim_cur, 8192)) {
        posix_spawn_file_actions_addclose(&actions, descriptor)
    }
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var process = pid_t()
    let code = posix_spawnp(&process, program, &actions, nil, &words, environ)
    close(pipe[1])
    guard code == 0 else { throw CannotRun(code: code) }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(pipe[0], &chunk, chunk.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        text += chunk[..<count]
    }
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return String(decoding: text, as: UTF8.self)
}
