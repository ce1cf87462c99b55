"""The options of `data import`, each with its help: what `import_data` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[Path | None, typer.Argument(help="The folder or zip file with images and masks.")]
Unlabelled = Annotated[
    list[Path] | None,
    typer.Option(
        help="Images without masks, for a campaign: a file, folder or zip; give it again for several."
    ),
]
Name = Annotated[str, typer.Option(help="Name of the new data set.")]
Format = Annotated[
    str, typer.Option(help="auto, or a layout such as folder or severstal; an unknown one lists all.")
]
Patch = Annotated[str, typer.Option(help="Patch size, HEIGHTxWIDTH in pixels.")]
Tile = Annotated[
    bool | None,
    typer.Option(
        "--tile/--no-tile",
        help="Cut tiles, or resize whole images. By default the images' shape and defects decide.",
    ),
]
CleanTiles = Annotated[
    int | None,
    typer.Option(
        help="Clean tiles to keep of each image; 0 keeps all. Default: all with --tile, 16 if the "
        "import decides to cut tiles.",
        min=0,
    ),
]
Overlap = Annotated[int, typer.Option(help="Pixels that neighbouring tiles share.", min=0)]
Resize = Annotated[str, typer.Option(help="With --tile: shrink images to HEIGHTxWIDTH first.")]
Rgb = Annotated[bool, typer.Option("--rgb", help="Keep colours; by default images become grey.")]
Threshold = Annotated[
    int | None,
    typer.Option(help="Mask values above it are defective; by default their values decide.", min=0, max=254),
]
Classes = Annotated[
    str, typer.Option(help="Mask values, or classes by number or name, that are defective: 1,3 or crack.")
]
Color = Annotated[
    list[str] | None,
    typer.Option(help="Mask colour that is defective, R,G,B; repeat for several."),
]
Tolerance = Annotated[int, typer.Option(help="Tolerance of each channel around --color.", min=0, max=255)]
Ignore = Annotated[
    str,
    typer.Option(help="Mask values or classes that mean 'unknown': 255 or dirt."),
]
MinArea = Annotated[int, typer.Option(help="Foreground pixels that make a patch defective.", min=1)]
VanishedAreClean = Annotated[
    bool,
    typer.Option(
        "--vanished-are-clean",
        help="An image whose defect vanishes in resizing is clean; by default it is left out.",
    ),
]
DropBlackBorder = Annotated[
    bool,
    typer.Option("--drop-black-border", help="Leave out images with a black border, as the paper does."),
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out unusable files and list them.")]
MissingMaskIsClean = Annotated[
    bool, typer.Option("--missing-mask-is-clean", help="An image without a mask is clean.")
]
BoxesAreMasks = Annotated[
    bool,
    typer.Option("--boxes-are-masks", help="Fill boxes that have no outline (COCO, Roboflow, YOLO)."),
]
Images = Annotated[
    str, typer.Option(help="Your own layout: a pattern of the images, such as 'part{n}/{id}.jpg'.")
]
Masks = Annotated[
    list[str] | None,
    typer.Option(help="With --images: a pattern of their masks; repeat to join several."),
]
Roi = Annotated[
    str,
    typer.Option(help="A pattern of files that mark the region of interest; pixels outside are unknown."),
]
Levels = Annotated[
    int | None,
    typer.Option(help="Brightest level of images with more than 8 bits; by default that of the set.", min=1),
]
Group = Annotated[
    str,
    typer.Option(help="A pattern of image names: those with the same words stay on one side of the split."),
]
KeepDuplicatesTogether = Annotated[
    bool,
    typer.Option("--keep-duplicates-together", help="Near-duplicates stay on one side of the split."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Read everything, report the result, and keep nothing.")
]
Check = Annotated[bool, typer.Option("--check", help="Also report what other patch sizes would do.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per line: progress, then how it ended.")
]
