"""Opens idle connections to a gateway of its own and says what each of them costs. Run by `deploy/idle`."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time

MOST = 8 * 1024
CONVERSATION = "/api/conversations/c0de0001-5eed-4a11-8f00-000000000002"
TENANT = "a0b1c2d3-4567-49ab-8def-0123456789ab"


def resident(process):
    """Bytes of the process's own that are in memory, without what the kernel keeps for sockets."""
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024


def line_with(process, text):
    for line in process.stderr:
        if text in line:
            return line
    sys.exit(f"a process ended before it said: {text}")


def connect(port, number):
    """From one of several addresses of loopback, so that ports are never short."""
    client = socket.socket()
    client.settimeout(30)
    client.bind((f"127.0.0.{2 + number % 8}", 0))
    client.connect(("127.0.0.1", port))
    return client


def ask(client, key):
    client.sendall(f"GET {CONVERSATION} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    reply = b""
    while b"\r\n\r\n" not in reply:
        reply += receive(client)
    head, _, body = reply.partition(b"\r\n\r\n")
    length = int(re.search(rb"Content-Length: (\d+)", head).group(1))
    while len(body) < length:
        body += receive(client)
    return head.split(b" ")[1]


def receive(client):
    part = client.recv(65536)
    if not part:
        sys.exit("a connection was closed")
    return part


def is_open(client):
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True


def measure(gateway, count, folder):
    key = subprocess.run(
        [gateway, "keys", "create", "--environment", "test", "--tenant", TENANT, "--scope", "conversations:read", "--file", "keys.yaml"],
        cwd=folder, check=True, capture_output=True, text=True).stdout.split()[0]
    stub = subprocess.Popen([gateway, "stub"], cwd=folder, stderr=subprocess.PIPE, text=True)
    started = [stub]
    try:
        services = dict(re.findall(r"(conversations|crm)=(\S+)", line_with(stub, "are listening")))
        with open(os.path.join(folder, "gateway.yaml"), "w") as file:
            file.write(CONFIGURATION.format(count=count + 10, **services))
        serving = subprocess.Popen(
            [gateway, "serve", "--config", "gateway.yaml"], cwd=folder, stderr=subprocess.PIPE, text=True)
        started.append(serving)
        port = int(re.search(r"address=127.0.0.1:(\d+)", line_with(serving, "Listening.")).group(1))

        # What the first requests bring into memory stays there, however many connections there are.
        warm = connect(port, 0)
        for _ in range(2000):
            ask(warm, key)
        warm.close()
        time.sleep(1)
        before = resident(serving)

        clients = []
        for number in range(count):
            clients.append(connect(port, number))
            if ask(clients[-1], key) != b"200":
                sys.exit("an answer was not 200")
        time.sleep(1)
        each = (resident(serving) - before) / count
        left = sum(is_open(client) for client in clients)
        print(f"{count} connections, {left} still open; {before / 2**20:.1f} MiB before, "
              f"{resident(serving) / 2**20:.1f} MiB with them: {each:.0f} bytes each")
        return each < MOST and left == count
    finally:
        for process in reversed(started):
            process.terminate()
            process.communicate()


# Opening them all may take longer than an idle connection is usually kept.
CONFIGURATION = """
server: {{ listen: [{{ address: "127.0.0.1:0" }}], limits: {{ connections: {count} }}, timeouts: {{ idle: 10m }}, drain: {{ notReady: 0s }} }}
admin: {{ address: "127.0.0.1:0" }}
auth: {{ environment: test, apiKeys: {{ file: keys.yaml }} }}
rateLimit: off
telemetry: {{ accessLog: off }}
upstreams:
  conversations: {{ endpoints: ["{conversations}"] }}
  crm: {{ endpoints: ["{crm}"] }}
routes:
  - name: conversation
    path: /api/conversations/{{id}}
    parameters: {{ id: uuid }}
    scopes: [conversations:read]
    deadline: 3s
    parts:
      - {{ name: conversation, upstream: conversations, path: "/conversations/{{id}}", into: root, schema: Conversation }}
      - {{ name: messages, upstream: conversations, path: "/conversations/{{id}}/messages", select: data, schema: "[Message]" }}
      - {{ name: attentionItems, upstream: conversations, path: "/conversations/{{id}}/attention-items", select: data, schema: "[AttentionItem]" }}
      - {{ name: contact, upstream: crm, path: "/contacts/{{conversation.contactId}}", schema: Contact, onNotFound: "null" }}
      - {{ name: account, upstream: crm, path: "/accounts/{{conversation.accountId}}", schema: Account, onNotFound: "null" }}
"""

with tempfile.TemporaryDirectory() as folder:
    sys.exit(0 if measure(os.path.abspath(sys.argv[1]), int(sys.argv[2]), folder) else 1)
