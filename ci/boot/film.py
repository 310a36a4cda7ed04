"""The plug is pulled at many moments of one run: layers of its disk, each of which is started afterwards.

What a cut leaves behind is what is on the disk. So a run need not end for it: its disk is frozen in between, at moments
that a seed picks, and goes on in a new layer. One upgrade that takes minutes gives as many cuts as are wanted, each of
which costs no more than the start that shows what came of it.
"""

import concurrent.futures
import os
import random
import shutil
import threading

import vm


class Film:
    """Freezes the disk of a machine at random moments, `pause` seconds apart in the mean, as long as there is a scene.

        with Film(machine, seed, pause=5) as film:
            film.scene = "sealing"
            …
        each(arguments.work, film.some(20), look)
    """

    def __init__(self, machine, seed, pause):
        self.machine, self.dice, self.pause = machine, random.Random(seed), pause
        self.scene, self.cuts, self.trouble = None, [], None
        self.ends, self.thread = threading.Event(), threading.Thread(target=self.shoot, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.ends.set()
        self.thread.join()
        if self.trouble and kind is None:
            raise self.trouble

    def shoot(self):
        # Moments of a Poisson process: none is likelier than another, whatever happens at it.
        while not self.ends.wait(self.dice.expovariate(1 / self.pause)):
            scene = self.scene
            if scene is None:
                continue
            try:
                self.cuts.append((scene, self.machine.layer()))
            except (vm.VmError, OSError) as error:
                self.trouble = error
                return

    def some(self, number):
        """So many of the cuts, in the order in which they were made."""
        if len(self.cuts) < number:
            raise vm.VmError(f"only {len(self.cuts)} cuts were made, not {number}")
        return [self.cuts[index] for index in sorted(self.dice.sample(range(len(self.cuts)), number))]


def each(work, cuts, look, **more):
    """Puts the power back after each cut; where a guest has one core, as many at once as there are processors.
    `look(scene, machine)` says what it finds. All are looked at; the first that is not right is raised at the end."""

    def one(number, scene, layer):
        folder = work / f"cut-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(layer.with_suffix(".fd"), folder / "firmware-variables.fd")
        try:
            with vm.Vm(folder, disk=vm.overlay(layer, folder / "disk.qcow2"), forward=[80], **more) as machine:
                found = look(scene, machine)
        except (AssertionError, vm.VmError, OSError) as error:
            raise vm.VmError(f"cut {number} of {len(cuts)}, {scene}, in {folder}: {error}") from None
        shutil.rmtree(folder)
        print(f"   {number} of {len(cuts)}, {scene}: {found}", flush=True)
        return found

    with concurrent.futures.ThreadPoolExecutor(max(1, (os.cpu_count() or 1) if vm.PATIENCE > 1 else 1)) as pool:
        started = [pool.submit(one, number, *cut) for number, cut in enumerate(cuts, 1)]
        concurrent.futures.wait(started)
    wrong = [error for future in started if (error := future.exception())]
    if wrong:
        raise vm.VmError(f"{len(wrong)} of {len(cuts)} cuts went wrong\n" + "\n".join(str(error) for error in wrong))
    return [future.result() for future in started]
