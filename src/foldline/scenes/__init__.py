"""Scenes: fields of radiance made of pictures, and pictures, surfaces and scores made of fields."""
