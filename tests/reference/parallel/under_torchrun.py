"""What `torchrun` starts in each process: the functions of the book, in a group that torchrun made."""

import sys

import torch
import torch.distributed as dist

from tests.reference.parallel.test_parallel import data_parallel, hybrid, tensor_parallel

if __name__ == "__main__":
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    found = {"data": data_parallel(), "tensor": tensor_parallel("gpt2"), "hybrid": hybrid()}
    torch.save(found, f"{sys.argv[1]}/{dist.get_rank()}.pt")
    dist.barrier()
    dist.destroy_process_group()
