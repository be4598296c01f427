// An address of loopback for one test alone. Who must know ports before the programs that listen there run, or after one
// of them was restarted, needs ports that nobody else takes meanwhile.

import Glibc

/// One of the sixteen million addresses of 127.0.0.0/8, drawn at random. Others connect from 127.0.0.1, so the kernel
/// gives no port of this one away.
package struct LoopbackHost: Sendable {
    /// As text.
    package let name: String

    package init() {
        name = "127.\(Int.random(in: 1...254)).\(Int.random(in: 1...254)).\(Int.random(in: 1...254))"
    }

    /// A port that the kernel chose among those that are free.
    package func freePort() throws -> Int {
        let (descriptor, port) = try boundSocket(host: name)
        close(descriptor)
        return port
    }
}
