"""Asks a node through KServe's own clients and prints what came back as one line of JSON.

A program of its own: run by test_kserve_client.py in KServe's environment, because KServe and
tritonclient cannot be loaded into one process. Arguments: HTTP URL, gRPC address, a photograph.
"""

import asyncio
import json
import sys
from pathlib import Path

import numpy
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig


def request(array, binary):
    tensor = InferInput("image", list(array.shape), "UINT8")
    tensor.set_data_from_numpy(array, binary_data=binary)
    return InferRequest(model_name="emotion", infer_inputs=[tensor], request_id="k1")


def photograph(path):
    tensor = InferInput("image", [1], "BYTES")
    tensor.set_data_from_numpy(numpy.array([Path(path).read_bytes()], dtype=object),
                               binary_data=True)
    return InferRequest(model_name="face_emotion", infer_inputs=[tensor])


def output(response, name):
    tensor = next(tensor for tensor in response.outputs if tensor.name == name)
    return numpy.asarray(tensor.as_numpy())


async def over_http(url, grey, path):
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        binary = await client.infer(url, request(grey, True), model_name="emotion")
        text = await client.infer(url, request(grey, False), model_name="emotion")
        faces = await client.infer(url, photograph(path), model_name="face_emotion")
        return {
            "live": await client.is_server_live(url),
            "ready": await client.is_server_ready(url),
            "model_ready": await client.is_model_ready(url, "emotion"),
            "id": binary.id,
            "binary": output(binary, "probabilities").reshape(-1).tolist(),
            "text": output(text, "probabilities").reshape(-1).tolist(),
            "boxes": list(output(faces, "boxes").shape),
        }


async def over_grpc(address, grey):
    async with InferenceGRPCClient(address, timeout=30) as client:
        answer = await client.infer(request(grey, True))
        return {
            "live": await client.is_server_live(),
            "ready": await client.is_server_ready(),
            "model_ready": await client.is_model_ready("emotion"),
            "binary": output(answer, "probabilities").reshape(-1).tolist(),
        }


async def main(url, address, path):
    grey = numpy.full((1, 112, 112, 3), 120, dtype=numpy.uint8)
    print(json.dumps({"http": await over_http(url, grey, path),
                      "grpc": await over_grpc(address, grey)}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
