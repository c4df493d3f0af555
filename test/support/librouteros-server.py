# A RouterOS API server on the codec of python3-librouteros, independent of ours: argv[1] is the port, 0 for any; prints "port N".
#
# It keeps one table per menu, understands add, set, remove, print with equality queries and .proplist, and logs in "admin"
# with the password "pw": plainly, or by MD5 challenge when argv[2] is "challenge". "/test/slow" is never answered,
# "/test/trap" is refused with a Cyrillic message, "/test/fatal" ends the connection. With argv[2] "drip" it writes byte by byte.
import binascii
import hashlib
import os
import socket
import sys
import threading
import time

from librouteros.protocol import Decoder, Encoder

MODE = sys.argv[2] if len(sys.argv) > 2 else "plain"

# The package counts characters where the protocol counts bytes, so every byte is one character here.
codec = Encoder()
codec.encoding = "latin-1"

lock = threading.Lock()
tables = {}
last_id = [0]


def text_bytes(text):
    return text.encode("utf-8").decode("latin-1")


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.logged_in = False
        self.challenge = os.urandom(16)

    def read(self, size):
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def sentence(self):
        words = []
        while True:
            first = self.read(1)
            size = Decoder.decodeLength(first + self.read(Decoder.determineLength(first)))
            if size == 0:
                return words
            words.append(self.read(size).decode("latin-1"))

    def send(self, tags, *words):
        data = codec.encodeSentence(*words, *tags)
        if MODE != "drip":
            self.sock.sendall(data)
            return
        for at in range(len(data)):
            self.sock.sendall(data[at : at + 1])
            time.sleep(0.0002)

    def login(self, tags, given):
        if MODE == "challenge" and "response" not in given:
            self.send(tags, "!done", "=ret=" + binascii.hexlify(self.challenge).decode())
            return
        digest = hashlib.md5(b"\x00" + b"pw" + self.challenge).hexdigest()
        right = given.get("response") == "00" + digest if MODE == "challenge" else given.get("password") == "pw"
        self.logged_in = right and given.get("name") == "admin"
        if not self.logged_in:
            self.send(tags, "!trap", "=message=invalid user name or password (6)")
        self.send(tags, "!done")

    def refuse(self, tags, message, category):
        self.send(tags, "!trap", "=category=%d" % category, "=message=" + text_bytes(message))
        self.send(tags, "!done")

    def run(self, words):
        tags = [word for word in words if word.startswith(".tag=")]
        given = dict(word[1:].split("=", 1) for word in words[1:] if word.startswith("="))
        queries = [word[1:].split("=", 1) for word in words[1:] if word.startswith("?")]
        command = words[0]
        if command == "/login":
            return self.login(tags, given)
        if not self.logged_in or command == "/test/fatal":
            self.send([], "!fatal", "not logged in")
            raise EOFError
        if command == "/test/slow":
            return None
        if command == "/cancel":
            return self.send(tags, "!done")
        menu, _, verb = command.rpartition("/")
        if verb not in ("add", "set", "remove", "print"):
            return self.refuse(tags, "нет такой команды", 0)
        with lock:
            table = tables.setdefault(menu, {})
            return getattr(self, verb)(tags, table, given, queries)

    def add(self, tags, table, given, _queries):
        if any(all(row.get(name) == given.get(name) for name in ("list", "address", "name")) for row in table.values()):
            return self.refuse(tags, "failure: already have such entry", 4)
        last_id[0] += 1
        table["*%X" % last_id[0]] = given
        return self.send(tags, "!done", "=ret=*%X" % last_id[0])

    def set(self, tags, table, given, _queries):
        row = table.get(given.pop(".id", ""))
        if row is None:
            return self.refuse(tags, "no such item", 0)
        row.update(given)
        return self.send(tags, "!done")

    def remove(self, tags, table, given, _queries):
        if table.pop(given.get(".id"), None) is None:
            return self.refuse(tags, "no such item", 0)
        return self.send(tags, "!done")

    def print(self, tags, table, given, queries):
        wanted = given.get(".proplist")
        found = False
        for row_id, row in table.items():
            row = {".id": row_id, **row}
            if not all(row.get(name) == value for name, value in queries):
                continue
            found = True
            names = row if wanted is None else [name for name in wanted.split(",") if name in row]
            self.send(tags, "!re", *("=%s=%s" % (name, row[name]) for name in names))
        if not found:
            self.send(tags, "!empty")
        return self.send(tags, "!done")

    def serve(self):
        try:
            while True:
                words = self.sentence()
                if words:
                    self.run(words)
        except (EOFError, OSError):
            self.sock.close()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("port %d" % server.getsockname()[1], flush=True)
while True:
    client, _ = server.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=Connection(client).serve, daemon=True).start()
