"""Folders and zip files of images and masks -> data sets. One file per format."""
