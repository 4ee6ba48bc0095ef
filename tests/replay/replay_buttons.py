"""The gRPC service that moves a replay. Needs the packages grpcio and grpcio-tools."""

import importlib

import grpc
from google.protobuf import timestamp_pb2

CALL_SECONDS = 20


class Buttons:
    """The film's gRPC service; each call gives the film as it is then."""

    def __init__(self, service, port):
        self._service = service
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        stubs = importlib.import_module("evx.rebuild.v1.replay_service_pb2_grpc")
        self._stub = stubs.ReplayServiceStub(self._channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._channel.close()

    def press(self, name, **fields):
        request = getattr(self._service, f"{name}Request")(**fields)
        return getattr(self._stub, name)(request, timeout=CALL_SECONDS,
                                         wait_for_ready=True).replay

    def seek(self, time):
        return self.press("SeekReplay", time=as_proto(time))


def as_proto(nanos):
    time = timestamp_pb2.Timestamp()
    time.FromNanoseconds(nanos)
    return time
