"""A reader of uploads, in a process of its own; `digitlab.app.uploads.readers` has it forked.

Server and reader talk over a socket, one upload after the other: to the reader the body of the
request, after its length in four bytes; back the status in two bytes, the length of the answer in
four, and the answer, which is JSON.
"""

import json
import socket
import struct

from digitlab.app.uploads.reply import reply
from digitlab.classifier import BaseClassifier

UPLOAD = struct.Struct("!I")
REPLY = struct.Struct("!HI")


def read_uploads(connection: socket.socket, classifier: BaseClassifier) -> None:
    """Answer uploads until the server hangs up.

    Parameters
    ----------
    connection : socket.socket
        Where uploads come from, and answers go to.
    classifier : BaseClassifier
        Who reads the images.
    """
    with connection, connection.makefile("rb") as uploads:
        while len(head := uploads.read(UPLOAD.size)) == UPLOAD.size:
            status, said = reply(uploads.read(*UPLOAD.unpack(head)), classifier)
            answer = json.dumps(said).encode()
            connection.sendall(REPLY.pack(status, len(answer)) + answer)
